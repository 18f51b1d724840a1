//! One call from arrival to answer, without a network: fault script, key, rate limit, state machine, journal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    clock::Clock,
    endpoint::{Endpoint, Route},
    faults::{Ending, Script, Treatment, limit_exceeded},
    journal::{Ended, Journal, Placed},
    limits::Limits,
    order_check::text,
    state::State,
    wire::{Refusal, Request, Response},
};

/// Everything a call touches.
pub(super) struct Core {
    pub api_keys: Vec<String>,
    pub state: State,
    pub script: Script,
    pub journal: Journal,
    pub limits: Limits,
    pub clock: Clock,
}

/// What the connection is to do once a call was handled.
#[derive(Debug)]
pub(super) struct Handled {
    pub response: Option<Response>,
    pub treatment: Treatment,
}

/// The core, shared by all connections.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Core>>);

impl Shared {
    /// Shares a core.
    pub fn new(core: Core) -> Self {
        Self(Arc::new(Mutex::new(core)))
    }

    /// Takes the core for one step. A panic in another step is that step's alone.
    pub fn lock(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles a call; what it does is done when this returns, whether or not anyone still waits for the answer.
    pub async fn exchange(self, request: Request) -> Handled {
        let treatment = self.lock().arrive(&request);
        if !treatment.delay_before.is_zero() {
            Clock::wait(treatment.delay_before).await;
        }
        let response = self.lock().perform(&request, &treatment);
        Handled { response, treatment }
    }
}

impl Core {
    /// Counts a call and asks the script how to treat it.
    pub fn arrive(&mut self, request: &Request) -> Treatment {
        let endpoint = Route::parse(&request.method, &request.path).endpoint();
        self.journal.begin(endpoint);
        let mut text = format!("{}\n", request.path);
        for (name, value) in request.parameters() {
            text.extend([name.as_str(), "=", value.as_str(), "\n"]);
        }
        text.push_str(&String::from_utf8_lossy(&request.body));
        self.script.treat(endpoint, &text)
    }

    /// Does a call as its treatment says, and gives the answer, if there is to be one.
    pub fn perform(&mut self, request: &Request, treatment: &Treatment) -> Option<Response> {
        let endpoint = Route::parse(&request.method, &request.path).endpoint();
        let (real, placed) = if treatment.commits() {
            let orders = self.journal.orders.len();
            let real = self.commit(endpoint, request, treatment);
            (
                Some(real),
                self.journal.orders.get(orders).map(|placed| placed.order_id),
            )
        } else {
            (None, None)
        };
        let instead = treatment.instead.as_ref().map(|instead| instead.answer.clone());
        let answer = instead.or(real).map(|answer| {
            let mut response =
                answer.unwrap_or_else(|refusal| refusal.into_response(treatment.errors_as_object));
            response.retry_after = treatment.retry_after;
            response
        });
        let ended = match (treatment.ending, &answer) {
            (Ending::Answered, Some(response)) if response.is_success() => Ended::Answered,
            (Ending::Answered, Some(_)) => Ended::Refused,
            _ => Ended::Dropped,
        };
        self.journal.end(endpoint, placed, ended);
        answer
    }

    fn commit(
        &mut self,
        endpoint: Endpoint,
        request: &Request,
        treatment: &Treatment,
    ) -> Result<Response, Refusal> {
        let now = self.clock.now();
        let key = request.api_key.as_deref().unwrap_or_default();
        if !self.api_keys.iter().any(|known| known == key) {
            return Err(Refusal::new(
                403,
                "access_denied|access_denied_invalid_key",
                "Access denied due to access_denied_invalid_key.",
            ));
        }
        if !self.limits.admit(key, now) {
            return Err(limit_exceeded());
        }
        let before = self.state.orders.len();
        let answer = self.state.handle(request, treatment, now);
        if endpoint == Endpoint::Place
            && self.state.orders.len() > before
            && let Some(order) = self.state.orders.values().next_back()
        {
            self.journal.orders.push(Placed {
                order_id: order.id,
                alternative_order_id: order.wanted.alternative_order_id.clone(),
                comments_first_line: text(&order.body, "/comments")
                    .and_then(|comments| comments.lines().next())
                    .map(str::to_owned),
                time: now,
                request: order.body.clone(),
                connection: request.connection,
                ended: Ended::Open,
            });
        }
        answer
    }
}
