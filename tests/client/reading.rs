//! Reading: paths, pages, and each way a read can fail.

use std::time::Duration;

use docsign::certcentral::{Answer, Class, OrderFilter, OrderSummary, StatusChange, Unreachable, Unreadable};

use super::server::{Script, Server};
use super::{KEY, client, date, http, impatient};

fn summaries(ids: std::ops::Range<i64>) -> Vec<OrderSummary> {
    ids.map(|order_id| OrderSummary {
        order_id,
        certificate_id: None,
        status: None,
    })
    .collect()
}

fn summary_page(ids: std::ops::Range<i64>, total: usize) -> String {
    let orders: Vec<_> = ids.map(|id| format!(r#"{{"order_id":{id}}}"#)).collect();
    let body = format!(
        r#"{{"orders":[{}],"page":{{"total":{total},"limit":1000}}}}"#,
        orders.join(",")
    );
    http("200 OK", "", &body)
}

#[tokio::test]
async fn reads_carry_the_key_and_the_date_of_the_answer() {
    let body = r#"{"id":112233,"status":"issued"}"#;
    let server = Server::answering(&[&http("200 OK", "", body)]);
    let answer = client(&server.url()).order(112_233).await.unwrap();
    assert_eq!(
        (answer.value.status.as_deref(), answer.date),
        (Some("issued"), Some(date()))
    );
    let received = server.received().concat();
    assert!(
        received.contains(&format!("x-dc-devkey: {KEY}\r\n")),
        "{received}"
    );
    assert!(received.contains("accept: application/json\r\n"), "{received}");
    assert_eq!(server.requests(), ["GET /services/v2/order/certificate/112233"]);
}

#[tokio::test]
async fn each_resource_has_its_path() {
    let empty = http("200 OK", "", "{}");
    let list = http("200 OK", "", r#"{"orders":[]}"#);
    let server = Server::answering(&[&empty, &empty, &empty, &empty, &list, &list]);
    // A slash at the end of the base URL makes no difference.
    let client = client(&format!("{}/", server.url()));
    client.request(113).await.unwrap();
    client.me().await.unwrap();
    client.product().await.unwrap();
    let changes = client
        .status_changes(Duration::from_millis(90_500))
        .await
        .unwrap();
    assert_eq!(
        changes,
        Answer {
            value: Vec::<StatusChange>::new(),
            date: Some(date())
        }
    );
    client.orders_by_alternative_id("dso-a/b").await.unwrap();
    let filter = OrderFilter {
        product: Some("ds_individual".to_owned()),
        email: Some("j+d@example.com".to_owned()),
        created_between: Some((jiff::civil::date(2026, 11, 1), jiff::civil::date(2026, 11, 30))),
    };
    client.list_orders(&filter).await.unwrap();
    assert_eq!(
        server.requests(),
        [
            "GET /services/v2/request/113",
            "GET /services/v2/user/me",
            "GET /services/v2/product/ds_individual",
            "GET /services/v2/order/certificate/status-changes?seconds=91",
            "GET /services/v2/order/alternate/dso-a%2Fb?limit=1000&offset=0",
            "GET /services/v2/order/certificate?filters%5Bproduct_name_id%5D=ds_individual\
             &filters%5Bemail%5D=j%2Bd%40example.com\
             &filters%5Bdate_created%5D=2026-11-01...2026-11-30&limit=1000&offset=0",
        ]
    );
}

#[tokio::test]
async fn lists_are_read_to_their_last_page() {
    let pages = [summary_page(1..1001, 1003), summary_page(1001..1004, 1003)];
    let server = Server::answering(&pages.each_ref().map(String::as_str));
    let found = client(&server.url())
        .orders_by_alternative_id("dso-a")
        .await
        .unwrap();
    assert_eq!(
        found,
        Answer {
            value: summaries(1..1004),
            date: Some(date())
        }
    );
    assert_eq!(
        server.requests(),
        [
            "GET /services/v2/order/alternate/dso-a?limit=1000&offset=0",
            "GET /services/v2/order/alternate/dso-a?limit=1000&offset=1000",
        ]
    );
}

#[tokio::test]
async fn a_look_up_is_complete_or_an_error() {
    let first = summary_page(1..1001, 1003);
    let not_found = http("404 Not Found", "", r#"{"errors":[{"code":"not_found|order"}]}"#);
    let no_route = http("404 Not Found", "", r#"{"errors":[{"code":"not_found|route"}]}"#);
    let foreign = http("404 Not Found", "", "<html>");
    let cut = &first[..first.len() - 1];
    let look_up = async |answers: &[&str]| {
        let server = Server::answering(answers);
        let found = client(&server.url()).orders_by_alternative_id("dso-a").await;
        found.map_err(|error| error.kind().clone())
    };
    assert_eq!(
        look_up(&[&not_found]).await,
        Ok(Answer {
            value: vec![],
            date: Some(date())
        })
    );
    let unreadable = |unreadable| Err(Class::Unreadable(unreadable));
    assert_eq!(
        look_up(&[&first, &not_found]).await,
        unreadable(Unreadable::Unexpected)
    );
    assert_eq!(
        look_up(&[&foreign]).await,
        unreadable(Unreadable::Foreign { status: 404 })
    );
    assert_eq!(look_up(&[cut]).await, unreadable(Unreadable::Cut));
    assert_eq!(
        look_up(&[&http("200 OK", "", "{}")]).await,
        unreadable(Unreadable::Unexpected)
    );
    assert_eq!(
        look_up(&[&http("200 OK", "", "<html>")]).await,
        unreadable(Unreadable::NotJson)
    );
    assert!(matches!(look_up(&[&no_route]).await, Err(Class::Refused(_))));
}

#[tokio::test]
async fn reads_that_fail_say_how() {
    let throttled = http("429 Too Many Requests", "Retry-After: 7\r\n", "<html>");
    let retry_after = Some(Duration::from_secs(7));
    let invalid = http(
        "403 Forbidden",
        "",
        r#"{"errors":[{"code":"access_denied|access_denied_invalid_key"}]}"#,
    );
    let redirect = http("302 Found", "Location: /services/v2/user/me\r\n", "");
    let huge = http("200 OK", "", &format!("[\"{}\"]", "x".repeat(5 << 20)));
    let cases = [
        (throttled, Class::Throttled { retry_after }),
        (invalid, Class::Unauthorized),
        (redirect, Class::Unreadable(Unreadable::Redirect { status: 302 })),
        (huge, Class::Unreadable(Unreadable::TooLarge)),
        (
            http("503 Service Unavailable", "", "<html>"),
            Class::Unavailable {
                status: 503,
                retry_after: None,
            },
        ),
        (String::new(), Class::Unreachable(Unreachable::Lost)),
    ];
    for (answer, class) in cases {
        let server = Server::answering(&[&answer]);
        let error = client(&server.url()).me().await.unwrap_err();
        assert_eq!(error.kind(), &class);
        assert_eq!(server.requests(), ["GET /services/v2/user/me"]);
        let printed = format!("{error} {error:?}");
        assert!(
            !printed.contains(KEY) && !printed.contains("127.0.0.1"),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn reads_give_up_on_a_server_that_never_answers() {
    let server = Server::start(&[Script::Silence]);
    let error = impatient(&server.url()).me().await.unwrap_err();
    assert_eq!(error.kind(), &Class::Unreachable(Unreachable::TimedOut));
}
