//! Every name that other people's manifests, rules and scripts may hold on to.

/// The API group of all kinds.
pub const GROUP: &str = "docsign.dev";
/// The version of the API served.
pub const VERSION: &str = "v1alpha1";
/// The field manager of every write.
pub const FIELD_MANAGER: &str = "docsign-operator";
/// Waives a hold: the attempt id whose order was looked for in vain, or the candidate order ids that are not ours.
pub const ANNOTATION_ORDER_ANEW: &str = "docsign.dev/order-anew";
/// Any new value asks for another try of what was refused.
pub const ANNOTATION_RETRY: &str = "docsign.dev/retry";
/// Any new value asks for a look at the order now.
pub const ANNOTATION_REFRESH: &str = "docsign.dev/refresh";
/// The annotations that people may set on an order, and what each asks for.
pub const ANNOTATIONS: [(&str, &str); 3] = [
    (
        ANNOTATION_ORDER_ANEW,
        "Waives a hold: the attempt id whose order was looked for in vain, or the candidate order IDs that are not this order. `docsign resolve` sets it.",
    ),
    (
        ANNOTATION_RETRY,
        "Any new value asks for another try of what was refused.",
    ),
    (
        ANNOTATION_REFRESH,
        "Any new value asks for a look at the order now.",
    ),
];
/// The finalizer of orders that have something to undo (deletion policies Cancel and Revoke).
pub const FINALIZER: &str = "docsign.dev/undo";
