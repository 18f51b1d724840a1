//! Orders in pages: by the alternative id they were given, and by filter.
//!
//! Both are whole or an error: an order that a list leaves out could be one that was paid for.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::Client;
use super::error::{Class, Error, Unreadable};
use super::transport::Answer;
use super::wire::Loose;

/// How many orders a page may hold, and how many are asked for.
const PAGE: usize = 1000;
/// After so many pages a list counts as unreadable: it does not end.
const MOST_PAGES: usize = 200;
/// The longest page read, in bytes.
const PAGE_CAP: usize = 32 << 20;

/// An order found by its alternative id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSummary {
    /// The order id.
    pub order_id: i64,
    /// Its certificate. Not a sign of issuance.
    pub certificate_id: Option<i64>,
    /// As CertCentral says.
    pub status: Option<String>,
}

/// An order as lists show it: no requests, comments, CSR or alternative id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedOrder {
    /// The order id.
    pub id: i64,
    /// As CertCentral says.
    pub status: Option<String>,
    /// The product, `ds_individual`.
    pub product_name_id: Option<String>,
    /// Its certificate. Not a sign of issuance.
    pub certificate_id: Option<i64>,
    /// When it was ordered.
    pub date_created: Option<Timestamp>,
    /// The last day of the order.
    pub order_valid_till: Option<Date>,
}

/// Which orders to list. CertCentral is known to ignore filters, so a list may hold more than was asked for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only orders of this product; those that name another are dropped, also where CertCentral lists them.
    pub product: Option<String>,
    /// Only orders of this applicant's e-mail address.
    pub email: Option<String>,
    /// Only orders created between these days, both included. In which time zone is not documented: leave a day
    /// of room at both ends.
    pub created_between: Option<(Date, Date)>,
}

impl Client {
    /// Looks up all orders that carry an alternative id. Several may: CertCentral does not keep it unique.
    /// CertCentral's own "not found" is a complete and empty answer, dated like any other.
    pub async fn orders_by_alternative_id(&self, token: &str) -> Result<Answer<Vec<OrderSummary>>, Error> {
        let found = self
            .pages(&["order", "alternate", token], &[], OrderSummary::read)
            .await;
        found.or_else(|failure| match failure.value.kind() {
            Class::NotFound => Ok(failure.map(|_| Vec::new())),
            Class::Unauthorized
            | Class::Forbidden(_)
            | Class::Throttled { .. }
            | Class::Refused(_)
            | Class::Unavailable { .. }
            | Class::Unreachable(_)
            | Class::Unreadable(_) => Err(failure.value),
        })
    }

    /// Lists the orders a filter selects; all of the key's without one.
    pub async fn list_orders(&self, filter: &OrderFilter) -> Result<Answer<Vec<ListedOrder>>, Error> {
        let product = filter.product.as_deref();
        let created = filter.created_between.map(|(from, to)| format!("{from}...{to}"));
        let parameters = [
            ("filters[product_name_id]", product),
            ("filters[email]", filter.email.as_deref()),
            ("filters[date_created]", created.as_deref()),
        ];
        let query: Vec<_> = parameters
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?)))
            .collect();
        let mut answer = self
            .pages(&["order", "certificate"], &query, ListedOrder::read)
            .await
            .map_err(|failure| failure.value)?;
        answer
            .value
            .retain(|order| match (product, order.product_name_id.as_deref()) {
                (Some(asked), Some(listed)) => asked == listed,
                (None, _) | (_, None) => true,
            });
        Ok(answer)
    }

    /// Reads pages until the list is whole. A failure carries the date of the answer that failed; only a first
    /// page can be "not found".
    async fn pages<T: Listed>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        read: impl Fn(Loose<'_>) -> Option<T>,
    ) -> Result<Answer<Vec<T>>, Answer<Error>> {
        let mut list = Pages::default();
        let mut begun = None;
        for page in 0..MOST_PAGES {
            let (limit, offset) = (PAGE.to_string(), list.received.to_string());
            let paging = [("limit", limit.as_str()), ("offset", offset.as_str())];
            let query: Vec<_> = query.iter().copied().chain(paging).collect();
            let answer = self.transport.ask(path, &query, PAGE_CAP).await;
            let date = answer.date;
            let failed = |class: Class| Answer {
                value: Error::from(class),
                date,
            };
            let json = answer.value.map_err(|class| match class {
                Class::NotFound if page > 0 => failed(Class::Unreadable(Unreadable::Unexpected)),
                class => failed(class),
            })?;
            if page == 0 {
                begun = date;
            }
            let more = list.take(&json, &read);
            if !more.map_err(|unreadable| failed(Class::Unreadable(unreadable)))? {
                return Ok(Answer {
                    value: list.orders,
                    date: begun,
                });
            }
        }
        Err(Answer {
            value: Class::Unreadable(Unreadable::Unexpected).into(),
            date: begun,
        })
    }
}

/// An order in a list.
trait Listed {
    fn order_id(&self) -> i64;
}

/// A list as far as it was read.
struct Pages<T> {
    orders: Vec<T>,
    seen: HashSet<i64>,
    received: usize,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            orders: Vec::new(),
            seen: HashSet::new(),
            received: 0,
        }
    }
}

impl<T: Listed> Pages<T> {
    /// Takes a page. `true`: there may be more.
    ///
    /// The list ends at an empty page, or at one shorter than its limit that does not fall short of the announced
    /// total. A list that ends before its total, or holds an order that can't be read, is not whole.
    fn take(&mut self, json: &Value, read: impl Fn(Loose<'_>) -> Option<T>) -> Result<bool, Unreadable> {
        let answer = Loose::new(json);
        let items = answer.field("orders").list().ok_or(Unreadable::Unexpected)?;
        let count = items.len();
        for item in items {
            let order = read(item).ok_or(Unreadable::Unexpected)?;
            // Pages shift when an order comes in between.
            if self.seen.insert(order.order_id()) {
                self.orders.push(order);
            }
        }
        self.received += count;
        let page = answer.field("page");
        let size = |name: &str| {
            page.field(name)
                .number()
                .and_then(|size| usize::try_from(size).ok())
        };
        let promised = size("total").is_some_and(|total| total > self.received);
        if count == 0 {
            return if promised {
                Err(Unreadable::Unexpected)
            } else {
                Ok(false)
            };
        }
        let limit = size("limit").filter(|limit| *limit > 0).unwrap_or(PAGE).min(PAGE);
        Ok(promised || count >= limit)
    }
}

impl OrderSummary {
    fn read(order: Loose<'_>) -> Option<Self> {
        Some(Self {
            order_id: order.field("order_id").id()?,
            certificate_id: order.field("certificate_id").id(),
            status: order.field("status").text(),
        })
    }
}

impl ListedOrder {
    fn read(order: Loose<'_>) -> Option<Self> {
        let product = order.field("product").field("name_id").text();
        Some(Self {
            id: order.field("id").id()?,
            status: order.field("status").text(),
            product_name_id: product.or_else(|| order.field("product_name_id").text()),
            certificate_id: order.field("certificate").field("id").id(),
            date_created: order.field("date_created").moment(),
            order_valid_till: order.field("order_valid_till").day(),
        })
    }
}

impl Listed for OrderSummary {
    fn order_id(&self) -> i64 {
        self.order_id
    }
}

impl Listed for ListedOrder {
    fn order_id(&self) -> i64 {
        self.id
    }
}

// The e-mail address stays out of logs.
impl fmt::Debug for OrderFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OrderFilter")
            .field("product", &self.product)
            .field("created_between", &self.created_between)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
