//! What befalls the processes of one run: every effect passes through here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Notify, watch};

use crate::paused::pass;
use crate::plan::Moment;

/// How much later a call arrives that outlives its process: the next one is at work by then.
const LATE: Duration = Duration::from_secs(5);
/// How much later a call arrives that got stuck on its way: its sender has given up by then.
const STUCK: Duration = Duration::from_mins(2);
/// How long a process that is stopped stands still: past the quiet period of the account.
const ASLEEP: Duration = Duration::from_hours(2);
/// How far a wall clock is moved: as far as a process is stopped for.
const MOVED: SignedDuration = SignedDuration::from_hours(2);
/// More effects than any life has: one that goes round in circles is found here.
const TOO_MANY: usize = 3000;

/// What befalls the processes of one run.
#[derive(Default)]
pub struct Fate {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ahead: VecDeque<(usize, Moment)>,
    /// Effects since a process started, or since something went wrong.
    count: usize,
    total: usize,
    /// Processes so far; each has the next number.
    lives: usize,
    living: BTreeMap<usize, Arc<Life>>,
    seen: Vec<String>,
    /// Of each effect, how much had gone wrong by then, and its number since.
    numbers: Vec<(usize, usize)>,
    gone_wrong: usize,
}

/// One process.
#[derive(Default)]
struct Life {
    died: Notify,
    stops: Notify,
    /// It stands still.
    stopped: watch::Sender<bool>,
    clocks: Mutex<Clocks>,
}

/// What became of the clocks of a machine.
#[derive(Clone, Copy, Default)]
pub struct Clocks {
    /// How far the wall clock was moved.
    pub moved: SignedDuration,
    /// How long the monotonic clock stood still.
    pub stood_still: Duration,
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
        state.lives += 1;
        state.count = 0;
        let life = state.lives;
        state.living.insert(life, Arc::default());
        life
    }

    /// Runs a process until it ends or dies. While it is stopped nothing of it moves.
    pub async fn live<T>(&self, life: usize, process: impl Future<Output = T>) -> Option<T> {
        let own = self.life(life)?;
        let mut process = std::pin::pin!(process);
        loop {
            let mut stopped = own.stopped.subscribe();
            // The sender lives as long as we do.
            let _ = stopped.wait_for(|stopped| !stopped).await;
            tokio::select! {
                biased;
                () = own.died.notified() => return None,
                ended = &mut process => return Some(ended),
                () = own.stops.notified() => {}
            }
        }
    }

    /// All effects so far.
    pub fn effects(&self) -> Vec<String> {
        self.state().seen.clone()
    }

    /// The effects after so much had gone wrong, each with the number by which it can be named in a plan.
    pub fn numbered(&self, gone_wrong: usize) -> Vec<(usize, String)> {
        let state = self.state();
        let numbered = state.numbers.iter().zip(&state.seen);
        numbered
            .filter(|((by_then, _), _)| *by_then == gone_wrong)
            .map(|((_, number), effect)| (*number, effect.clone()))
            .collect()
    }

    /// One effect of the process of this number. `effect` is told how long it is under way, and what is wrong with its
    /// answer; `failure` is what the process sees where the call fails. A process that is dead sees nothing any more.
    pub async fn cross<T, Effect>(
        self: &Arc<Self>,
        life: usize,
        what: String,
        effect: impl FnOnce(Duration, Option<Moment>) -> Effect,
        failure: impl FnOnce(Moment) -> T,
    ) -> T
    where
        Effect: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.awake(life).await;
        let Some(moment) = self.enter(life, what) else {
            return std::future::pending().await;
        };
        let result = match moment {
            None => effect(Duration::ZERO, None).await,
            Some(Moment::Suspended) => {
                self.stop(life, |clocks| clocks.stood_still += ASLEEP);
                self.awake(life).await;
                effect(Duration::ZERO, None).await
            }
            Some(Moment::AsleepUnnoticed) => {
                self.stop(life, |clocks| clocks.moved -= MOVED);
                self.awake(life).await;
                effect(Duration::ZERO, None).await
            }
            Some(Moment::ClockForward) => {
                self.move_clock(life, MOVED);
                effect(Duration::ZERO, None).await
            }
            Some(Moment::ClockBack) => {
                self.move_clock(life, -MOVED);
                effect(Duration::ZERO, None).await
            }
            Some(Moment::Before) => {
                self.die(life);
                return std::future::pending().await;
            }
            Some(Moment::After) => {
                effect(Duration::ZERO, None).await;
                self.die(life);
                return std::future::pending().await;
            }
            Some(Moment::Late) => {
                tokio::spawn(effect(LATE, None));
                // What leaves has left before the process dies.
                tokio::task::yield_now().await;
                self.die(life);
                return std::future::pending().await;
            }
            Some(moment @ Moment::Fails) => failure(moment),
            Some(moment @ Moment::Lost) => {
                effect(Duration::ZERO, None).await;
                failure(moment)
            }
            // It arrives, whether or not anybody still waits for the answer.
            Some(Moment::Stuck) => tokio::spawn(effect(STUCK, None)).await.unwrap(),
            Some(Moment::AsleepBefore) => {
                self.stop(life, |_| ());
                self.awake(life).await;
                effect(Duration::ZERO, None).await
            }
            Some(Moment::AsleepAfter) => {
                let result = effect(Duration::ZERO, None).await;
                self.stop(life, |_| ());
                self.awake(life).await;
                result
            }
            Some(wrong @ (Moment::TurnedAway | Moment::Hollow | Moment::Partial | Moment::Missing)) => {
                effect(Duration::ZERO, Some(wrong)).await
            }
        };
        self.awake(life).await;
        if self.life(life).is_none() {
            return std::future::pending().await;
        }
        result
    }

    /// Counts an effect, and says what befalls it; `None`: the process is dead.
    #[expect(clippy::option_option, reason = "nothing befalls most effects of the living")]
    fn enter(&self, life: usize, what: String) -> Option<Option<Moment>> {
        let mut state = self.state();
        if !state.living.contains_key(&life) || state.total > TOO_MANY {
            return None;
        }
        state.count += 1;
        state.total += 1;
        state.seen.push(what);
        let number = (state.gone_wrong, state.count);
        state.numbers.push(number);
        let now = state.ahead.front().filter(|(effect, _)| *effect == state.count);
        let moment = now.map(|(_, moment)| *moment);
        if moment.is_some() {
            state.ahead.pop_front();
            state.count = 0;
            state.gone_wrong += 1;
        }
        Some(moment)
    }

    /// Whether some process went round in circles.
    pub fn in_circles(&self) -> bool {
        self.state().total > TOO_MANY
    }

    fn die(&self, life: usize) {
        if let Some(own) = self.state().living.remove(&life) {
            own.died.notify_one();
        }
    }

    /// Stops a process for hours; what becomes of its clocks meanwhile, it finds when it goes on.
    fn stop(self: &Arc<Self>, life: usize, clocks: impl FnOnce(&mut Clocks) + Send + 'static) {
        let Some(own) = self.life(life) else { return };
        own.stopped.send_replace(true);
        own.stops.notify_one();
        tokio::spawn(async move {
            pass(ASLEEP).await;
            clocks(&mut own.clocks.lock().unwrap());
            own.stopped.send_replace(false);
        });
    }

    /// The clocks of a process.
    pub fn clocks(&self, life: usize) -> Clocks {
        self.life(life)
            .map(|own| *own.clocks.lock().unwrap())
            .unwrap_or_default()
    }

    fn move_clock(&self, life: usize, by: SignedDuration) {
        if let Some(own) = self.life(life) {
            own.clocks.lock().unwrap().moved += by;
        }
    }

    /// Waits while the process is stopped.
    async fn awake(&self, life: usize) {
        if let Some(own) = self.life(life) {
            let mut stopped = own.stopped.subscribe();
            let _ = stopped.wait_for(|stopped| !stopped).await;
        }
    }

    /// Waits until nobody stands still any more.
    pub async fn all_awake(&self) {
        let stopped = || {
            let state = self.state();
            let stopped = state.living.values().find(|own| *own.stopped.borrow());
            stopped.cloned()
        };
        while let Some(own) = stopped() {
            let _ = own.stopped.subscribe().wait_for(|stopped| !stopped).await;
        }
    }

    fn life(&self, life: usize) -> Option<Arc<Life>> {
        self.state().living.get(&life).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
