//! What befalls the processes of one run: every effect passes through here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;

use crate::plan::Moment;

/// How much later a call arrives that outlives its process: the next one is at work by then.
const LATE: Duration = Duration::from_secs(5);
/// More effects than any life has: one that goes round in circles is found here.
const TOO_MANY: usize = 3000;

/// What befalls the processes of one run.
#[derive(Default)]
pub struct Fate {
    state: Mutex<State>,
    died: Notify,
}

#[derive(Default)]
struct State {
    ahead: VecDeque<(usize, Moment)>,
    /// Effects since the process started, or since something went wrong.
    count: usize,
    total: usize,
    life: usize,
    seen: Vec<String>,
}

impl Fate {
    /// This is going to happen.
    pub fn new(ahead: &[(usize, Moment)]) -> Arc<Self> {
        let fate = Self::default();
        fate.state().ahead = ahead.iter().copied().collect();
        Arc::new(fate)
    }

    /// A process starts; gives its number.
    pub fn start(&self) -> usize {
        let mut state = self.state();
        state.life += 1;
        state.count = 0;
        state.life
    }

    /// Waits until the process dies.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// Whether all that was ahead has happened.
    pub fn fulfilled(&self) -> bool {
        self.state().ahead.is_empty()
    }

    /// All effects so far.
    pub fn effects(&self) -> Vec<String> {
        self.state().seen.clone()
    }

    /// The process of this number lives.
    pub fn alive(&self, life: usize) -> bool {
        self.state().life == life
    }

    /// One effect of the process of this number. `effect` is told how long it is under way; `failure` is what the
    /// process sees where the call fails. A process that is dead sees nothing any more.
    pub async fn cross<T, Effect>(
        &self,
        life: usize,
        what: String,
        effect: impl FnOnce(Duration) -> Effect,
        failure: impl FnOnce(Moment) -> T,
    ) -> T
    where
        Effect: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(moment) = self.enter(life, what) else {
            return std::future::pending().await;
        };
        match moment {
            None => {
                let result = effect(Duration::ZERO).await;
                if self.alive(life) {
                    return result;
                }
            }
            Some(Moment::Before) => self.die(),
            Some(Moment::After) => {
                effect(Duration::ZERO).await;
                self.die();
            }
            Some(Moment::Late) => {
                tokio::spawn(effect(LATE));
                // What leaves has left before the process dies.
                tokio::task::yield_now().await;
                self.die();
            }
            Some(moment @ Moment::Fails) => return failure(moment),
            Some(moment @ Moment::Lost) => {
                effect(Duration::ZERO).await;
                return failure(moment);
            }
        }
        std::future::pending().await
    }

    /// Counts an effect, and says what befalls it; `None`: the process is dead.
    #[expect(clippy::option_option, reason = "nothing befalls most effects of the living")]
    fn enter(&self, life: usize, what: String) -> Option<Option<Moment>> {
        let mut state = self.state();
        if state.life != life || state.total > TOO_MANY {
            return None;
        }
        state.count += 1;
        state.total += 1;
        state.seen.push(what);
        let now = state.ahead.front().filter(|(effect, _)| *effect == state.count);
        let moment = now.map(|(_, moment)| *moment);
        if moment.is_some() {
            state.ahead.pop_front();
            state.count = 0;
        }
        Some(moment)
    }

    /// Whether some process went round in circles.
    pub fn in_circles(&self) -> bool {
        self.state().total > TOO_MANY
    }

    fn die(&self) {
        // No process has this number: what is under way ends here.
        self.state().life += 1;
        self.died.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
