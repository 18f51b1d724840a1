//! All that a decision may depend on, as plain data. Time, randomness and every answer are inputs.

use jiff::{SignedDuration, Timestamp};

use crate::api::{AccountReason, DocumentSigningOrderStatus, PurchaseSpec};
use crate::domain::order_key::OrderKey;

/// What was seen of one order key, in one pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The operator's wall clock, whole seconds.
    pub now: Timestamp,
    /// Spreads retries; any number.
    pub seed: u64,
    /// The id that a new attempt would get.
    pub next_attempt: String,
    /// The times of the protocol.
    pub times: ProtocolTimes,
    /// The order key that this pass is about.
    pub key: OrderKey,
    /// The manifest; `None` where no object of this name asks for this key.
    pub order: Option<Order>,
    /// The durable record of this key.
    pub purchase: Option<PurchaseSpec>,
    /// The account: the purchase's where there is one that is not closed, else the manifest's.
    pub account: Account,
    /// What the manifest asks CertCentral for.
    pub request: Request,
    /// When the Secret was made that holds the manifest's card; where it is there, and is to be deleted once the order
    /// exists.
    pub card_secret: Option<Timestamp>,
    /// The right to send one POST, if this pass holds it.
    pub ticket: Option<Ticket>,
    /// The look-up of the key in this pass.
    pub look_up: LookUp,
    /// The look at a single order by its id in this pass.
    pub inspection: Inspection,
    /// The remote call that failed in this pass.
    pub failed: Option<RemoteFailure>,
    /// What this process remembers of the key.
    pub memory: Memory,
}

/// The times of the order protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProtocolTimes {
    /// How long after the look-up before its claim an attempt may begin to send.
    pub deadline: SignedDuration,
    /// How long a POST may take from its first byte.
    pub post_timeout: SignedDuration,
    /// How long the resolver itself must have known an open attempt before it believes absence.
    pub floor: SignedDuration,
    /// How long the resolver itself must have known an open attempt before a person's word counts.
    pub settle: SignedDuration,
    /// The first look-up delay after an unknown outcome; doubles up to `look_up_longest`.
    pub look_up_first: SignedDuration,
    /// The longest look-up delay.
    pub look_up_longest: SignedDuration,
}

impl ProtocolTimes {
    /// The times for production.
    pub const STANDARD: Self = Self {
        deadline: SignedDuration::from_secs(60),
        post_timeout: SignedDuration::from_secs(60),
        floor: SignedDuration::from_secs(60 + 60 + 600),
        settle: SignedDuration::from_mins(15),
        look_up_first: SignedDuration::from_secs(5),
        look_up_longest: SignedDuration::from_hours(1),
    };
}

/// The manifest, as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// metadata.uid.
    pub uid: String,
    /// The UID of its namespace, where it was read in this pass.
    pub namespace_uid: Option<String>,
    /// metadata.generation.
    pub generation: i64,
    /// The object is being deleted.
    pub deleting: bool,
    /// The object carries our finalizer.
    pub finalizer: bool,
    /// The annotation `docsign.dev/order-anew`.
    pub order_anew: Option<String>,
    /// spec.revision. It is higher than the key's where an attempt of an earlier revision is not settled yet.
    pub revision: i64,
    /// spec.suspend.
    pub suspend: bool,
    /// spec.existingOrderID.
    pub existing_order_id: Option<i64>,
    /// The status as last written.
    pub status: DocumentSigningOrderStatus,
}

/// The account, as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub enum Account {
    /// It exists and was not checked yet by this process.
    Pending,
    /// It does not exist; the text names it.
    Missing(String),
    /// It can't be used, and why.
    NotReady(AccountReason, String),
    /// It can be used.
    Ready(ReadyAccount),
}

/// An account that can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadyAccount {
    /// Why this manifest may not buy here: namespace, payment method, options; names the field and what to do.
    pub forbidden: Option<String>,
    /// The account's order limit is reached until then.
    pub limited_until: Option<Timestamp>,
    /// Another attempt has to end first: its order key.
    pub behind: Option<String>,
    /// Orders that do not carry this manifest's token may be bound.
    pub adoption: bool,
    /// How well orders can be looked up.
    pub correlation: Correlation,
    /// It is the account, endpoint and key of the purchase's attempt, or a key that has since found an order
    /// bought under it.
    pub same_as_attempt: bool,
    /// What may follow a proof of absence.
    pub unresolved: Unresolved,
    /// How long an attempt of unknown outcome must be over, by CertCentral's clock.
    pub quiet_period: SignedDuration,
    /// How often changes are asked for.
    pub poll_interval: SignedDuration,
    /// The request budget is free for looking up from then on.
    pub resolve_free_at: Option<Timestamp>,
    /// The request budget is free for placing from then on.
    pub place_free_at: Option<Timestamp>,
    /// The request budget is free for reading one order from then on.
    pub refresh_free_at: Option<Timestamp>,
}

/// How well the account lets us look up an order key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Correlation {
    /// An order was found by its token, with this key, on this endpoint.
    Exact,
    /// Not seen yet.
    Unverified,
    /// The API refuses the field.
    NotSupported,
}

/// What may follow a proof that no order exists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unresolved {
    /// One second POST.
    WhenProven,
    /// Nothing: a person decides.
    Hold,
}

/// What the manifest asks CertCentral for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// There is no spec.order.
    Absent,
    /// It can be ordered.
    Usable {
        /// Whether it equals what the purchase recorded; `None` where nothing was recorded.
        as_bought: Option<bool>,
        /// A fingerprint of the versions of all it was made from.
        inputs: String,
    },
    /// It can't, and why. Never empty.
    Unusable {
        /// What is wrong.
        findings: Vec<Finding>,
        /// A fingerprint of the versions of all it was made from.
        inputs: String,
    },
}

/// One thing wrong with a manifest or its sources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Where: a path like `spec.order.certificate.csr`.
    pub field: String,
    /// What to do; quotes no personal data.
    pub message: String,
    /// A Secret, ConfigMap or order that is missing or incomplete, and may still come.
    pub source: bool,
}

/// The right to send one POST.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ticket {
    /// The attempt it was given for.
    pub attempt: String,
    /// Its deadline has passed on neither clock.
    pub in_time: bool,
}

/// The look-up of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum LookUp {
    /// Not made in this pass.
    NotAsked,
    /// Made, and not complete.
    Incomplete,
    /// Complete: a list to its last page, or CertCentral's own 404.
    Complete(Found),
}

/// What a complete look-up found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Orders that carry the key's token.
    pub orders: Vec<FoundOrder>,
    /// Orders that may be ours and carry no token.
    pub maybe: Vec<i64>,
    /// When the look-up began, by the operator's clock: the answer may be used long after it came.
    pub asked: Timestamp,
    /// When the look-up began, by CertCentral's clock.
    pub began: Option<Timestamp>,
}

/// An order that exists at CertCentral.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FoundOrder {
    /// The order id.
    pub id: i64,
    /// The order carries this key's token.
    pub ours: bool,
    /// What about it is not as the manifest asks; `None` where all that can be compared is alike.
    pub unlike: Option<String>,
    /// Another purchase owns it.
    pub owned: bool,
    /// It was created after the purchase's open attempt began.
    pub after_attempt: bool,
    /// What it says of itself.
    pub facts: RemoteFacts,
}

/// What CertCentral says of an order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RemoteFacts {
    /// The order's status; `None` where only the answer to the POST is known.
    pub order_status: Option<String>,
    /// The newest request for the order.
    pub request_id: Option<i64>,
    /// Its status.
    pub request_status: Option<String>,
    /// The certificate id.
    pub certificate_id: Option<i64>,
    /// The certificate's serial number.
    pub serial_number: Option<String>,
    /// The certificate's thumbprint.
    pub thumbprint: Option<String>,
    /// The certificate's first day.
    pub not_before: Option<String>,
    /// The certificate's last day.
    pub not_after: Option<String>,
}

/// The look at one order by its id.
#[expect(clippy::large_enum_variant, reason = "there is one in a pass")]
#[derive(Clone, Debug, PartialEq)]
pub enum Inspection {
    /// Not made in this pass.
    NotAsked,
    /// Made, and failed; `failed` says how.
    Failed,
    /// CertCentral says that this key sees no such order.
    Missing(i64),
    /// The order.
    Found(FoundOrder),
}

/// A remote call that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteFailure {
    /// What kind of failure.
    pub outcome: FailedOutcome,
    /// CertCentral's error code, or our word for the fault.
    pub code: String,
    /// CertCentral's message, cut and cleaned, or what to do.
    pub message: String,
    /// The HTTP status, where CertCentral refused.
    pub status: Option<u16>,
    /// CertCentral asked to wait this long.
    pub retry_after: Option<SignedDuration>,
}

/// The kinds of failure that hold a manifest up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailedOutcome {
    /// The order was not sent.
    NotSent,
    /// CertCentral refused the order.
    Refused,
    /// CertCentral refused the order for a cause that heals without the manifest changing: slow retries.
    RefusedForNow,
    /// The outcome of the POST is not known.
    Unknown,
    /// A look-up or a read failed.
    Unavailable,
}

/// What this process remembers of a key. Losing it costs a look, never an order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// How long this process has known the purchase's attempt, by its monotonic clock, when the look-up of this
    /// pass began (or now, if there was none).
    pub attempt_known_for: SignedDuration,
    /// The last look-up of the key.
    pub looked_up: Option<Timestamp>,
    /// The poll, the sweep or the refresh annotation asks for a look at the order.
    pub look_due: bool,
    /// A failed look at the order is not repeated before.
    pub look_not_before: Option<Timestamp>,
}
