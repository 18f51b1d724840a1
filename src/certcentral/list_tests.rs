use serde_json::json;

use super::*;

fn take(pages: &mut Pages<OrderSummary>, json: &Value) -> Result<bool, Unreadable> {
    pages.take(json, OrderSummary::read)
}

fn page(ids: std::ops::Range<i64>, page: &Value) -> Value {
    let orders: Vec<_> = ids.map(|id| json!({"order_id": id})).collect();
    json!({"orders": orders, "page": page})
}

fn first(json: &Value) -> Result<bool, Unreadable> {
    take(&mut Pages::default(), json)
}

#[test]
fn a_list_ends_at_a_short_or_an_empty_page() {
    assert_eq!(first(&page(1..3, &json!({"total": 2, "limit": 1000}))), Ok(false));
    assert_eq!(first(&page(1..3, &json!({}))), Ok(false));
    assert_eq!(first(&page(1..1, &json!({"total": 0}))), Ok(false));
    assert_eq!(first(&page(1..1, &json!([]))), Ok(false));
    // The total seen in the wild was smaller than the list.
    assert_eq!(
        first(&page(1..11, &json!({"total": 9, "limit": "1000"}))),
        Ok(false)
    );
}

#[test]
fn a_full_page_has_a_successor_whatever_the_total() {
    assert_eq!(
        first(&page(1..1001, &json!({"total": 1000, "limit": 1000}))),
        Ok(true)
    );
    assert_eq!(first(&page(1..1001, &json!(null))), Ok(true));
    // Pages smaller than asked for are full by their own limit.
    assert_eq!(first(&page(1..101, &json!({"limit": "100"}))), Ok(true));
    assert_eq!(first(&page(1..101, &json!({"total": 150}))), Ok(true));
}

#[test]
fn a_list_that_ends_before_its_total_is_not_whole() {
    let mut pages = Pages::default();
    assert_eq!(take(&mut pages, &page(1..101, &json!({"total": 150}))), Ok(true));
    assert_eq!(
        take(&mut pages, &page(1..1, &json!({"total": 150}))),
        Err(Unreadable::Unexpected)
    );
    assert_eq!(
        first(&page(1..1, &json!({"total": "1"}))),
        Err(Unreadable::Unexpected)
    );
}

#[test]
fn what_is_not_a_list_of_orders_is_not_an_empty_list() {
    for json in [
        json!({}),
        json!([]),
        json!({"orders": null}),
        json!({"orders": {}}),
        json!({"orders": "x"}),
    ] {
        assert_eq!(first(&json), Err(Unreadable::Unexpected), "{json}");
    }
    for order in [
        json!({}),
        json!([]),
        json!({"order_id": 0}),
        json!(null),
        json!({"order_id": "x"}),
    ] {
        assert_eq!(
            first(&json!({"orders": [order]})),
            Err(Unreadable::Unexpected),
            "{order}"
        );
    }
}

#[test]
fn an_order_on_two_pages_is_listed_once() {
    let mut pages = Pages::default();
    assert_eq!(take(&mut pages, &page(1..101, &json!({"limit": 100}))), Ok(true));
    assert_eq!(
        take(&mut pages, &page(100..103, &json!({"limit": 100}))),
        Ok(false)
    );
    let ids: Vec<_> = pages.orders.iter().map(|order| order.order_id).collect();
    assert_eq!(ids, (1..103).collect::<Vec<_>>());
}

#[test]
fn a_listed_order_is_read_loosely() {
    let json = json!({
        "id": "112233", "certificate": {"id": 5}, "status": "rejected", "date_created": "2026-11-22T18:16:07+00:00",
        "organization": [], "product": [], "product_name_id": "ds_individual", "is_multi_year_plan": "1",
    });
    assert_eq!(
        ListedOrder::read(Loose::new(&json)),
        Some(ListedOrder {
            id: 112_233,
            status: Some("rejected".to_owned()),
            product_name_id: Some("ds_individual".to_owned()),
            certificate_id: Some(5),
            date_created: Some("2026-11-22T18:16:07Z".parse().unwrap()),
            order_valid_till: None,
        })
    );
}

#[test]
fn a_filter_does_not_print_an_address() {
    let filter = OrderFilter {
        email: Some("jane@example.com".to_owned()),
        ..OrderFilter::default()
    };
    assert_eq!(
        format!("{filter:?}"),
        "OrderFilter { product: None, created_between: None, .. }"
    );
}
