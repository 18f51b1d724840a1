//! Which plans are run: all that a tier has, on all cores.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::answers::ANSWERS;
use crate::memory::{Frozen, Gap};
use crate::plan::{Moment, Plan};
use crate::run::{Run, run};
use crate::scripts::SCRIPTS;

/// How long caches stay frozen after a restart.
const FROZEN: Duration = Duration::from_secs(20);
/// How long after a missed event everything is listed anew: at once, after a while, and after the script's end.
const GAPS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(3), Duration::from_secs(30)];
/// How many failing plans are shown.
const SHOWN: usize = 12;

/// What came of all plans.
#[derive(Default)]
pub struct Report {
    every: usize,
    tiers: Vec<Tier>,
    pub failures: Vec<String>,
}

/// What came of the plans of one tier.
struct Tier {
    name: &'static str,
    plans: usize,
    simulated: Duration,
    took: Duration,
}

/// The run of each script in which nothing goes wrong.
type Undisturbed = BTreeMap<&'static str, Run>;

/// Plans that are run by one thread, one after the other.
type Work = Vec<Plan>;

/// Runs all plans, or every so many of each tier.
pub fn all(every: usize) -> Report {
    let mut report = Report {
        every,
        ..Report::default()
    };
    let mut undisturbed = Undisturbed::new();
    for script in SCRIPTS {
        let done = run(&Plan::undisturbed(script.name));
        if !done.wrong.is_empty() {
            let wrong = done.wrong.join("; ");
            report.failures.push(format!("{}: {wrong}", script.name));
        }
        undisturbed.insert(script.name, done);
    }
    if report.failures.is_empty() {
        report.tier("one effect", &undisturbed, one_effect(&undisturbed), false);
        report.tier("two effects", &undisturbed, two_effects(&undisturbed), true);
        report.tier("old caches", &undisturbed, old_caches(&undisturbed), false);
        report.tier("missed events", &undisturbed, missed_events(&undisturbed), false);
        report.tier("answers", &undisturbed, answers(&undisturbed), false);
    }
    report
}

/// Every effect of every script, in every way.
fn one_effect(undisturbed: &Undisturbed) -> Work {
    let mut work = Work::new();
    for (script, run) in undisturbed {
        for effect in 1..=run.effects.len() {
            for (moment, _) in Moment::ALL {
                work.push(Plan::undisturbed(script).and(effect, moment));
            }
        }
    }
    work
}

/// Every death from the first write on, and then, in the next life, every death once more.
fn two_effects(undisturbed: &Undisturbed) -> Work {
    let mut work = Work::new();
    for (script, run) in undisturbed {
        for effect in first_write(run)..=run.effects.len() {
            for moment in [Moment::Before, Moment::After] {
                work.push(Plan::undisturbed(script).and(effect, moment));
            }
        }
    }
    work
}

/// After every death, every version that the caches could have been at.
fn old_caches(undisturbed: &Undisturbed) -> Work {
    let mut work = Work::new();
    for (script, run) in undisturbed {
        for effect in first_write(run)..=run.effects.len() {
            for version in run.versions.clone() {
                let plan = Plan::undisturbed(script).and(effect, Moment::After);
                work.push(Plan {
                    frozen: Some(Frozen {
                        version,
                        lasts: FROZEN,
                    }),
                    ..plan
                });
            }
        }
    }
    work
}

/// Every change missed by every watch.
fn missed_events(undisturbed: &Undisturbed) -> Work {
    let mut work = Work::new();
    for (script, run) in undisturbed {
        for version in run.versions.clone() {
            for lasts in GAPS {
                work.push(Plan {
                    gap: Some(Gap {
                        version: version + 1,
                        lasts,
                    }),
                    ..Plan::undisturbed(script)
                });
            }
        }
    }
    work
}

/// Every answer to the POST, alone and with every death from the POST on.
fn answers(undisturbed: &Undisturbed) -> Work {
    let run = &undisturbed["answer"];
    let post = run
        .effects
        .iter()
        .position(|effect| effect.starts_with("POST /services"))
        .unwrap();
    let mut work = Work::new();
    for answer in 0..ANSWERS.len() {
        let plan = Plan {
            answer: Some(answer),
            ..Plan::undisturbed("answer")
        };
        work.push(plan.clone());
        for effect in post + 1..post + 8 {
            work.push(plan.and(effect, Moment::After));
        }
    }
    work
}

fn first_write(run: &Run) -> usize {
    let write = run.effects.iter().position(|effect| !effect.starts_with("GET "));
    write.unwrap() + 1
}

impl Report {
    /// Runs the plans of a tier. Where it goes `on`, each plan is followed by all that has one death more, for as
    /// long as there is something left to die at.
    fn tier(&mut self, name: &'static str, undisturbed: &Undisturbed, work: Work, on: bool) {
        let began = now();
        let work: Work = work.into_iter().step_by(self.every).collect();
        let every = self.every;
        let next = AtomicUsize::new(0);
        let (plans, simulated, failures) = (
            AtomicUsize::new(0),
            Mutex::new(Duration::ZERO),
            Mutex::new(Vec::new()),
        );
        let try_out = |plan: &Plan| {
            let mut done = run(plan);
            plans.fetch_add(1, Ordering::Relaxed);
            *simulated.lock().unwrap() += done.age;
            done.compare(plan, &undisturbed[plan.script]);
            if !done.wrong.is_empty() {
                let wrong = done.wrong.join("; ");
                // At once: a run that is cut short has said so much.
                println!("{plan}: {wrong}");
                failures.lock().unwrap().push(format!("{plan}: {wrong}"));
            }
            done.fulfilled
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(plan) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if !on {
                            try_out(plan);
                            continue;
                        }
                        let first = first_write(&undisturbed[plan.script]);
                        let deaths = (first..).step_by(every).map(|effect| {
                            try_out(&plan.and(effect, Moment::After))
                                && try_out(&plan.and(effect, Moment::Before))
                        });
                        // Until there is nothing left to die at.
                        deaths.take_while(|died| *died).for_each(drop);
                    }
                });
            }
        });
        self.failures.extend(failures.into_inner().unwrap());
        self.tiers.push(Tier {
            name,
            plans: plans.into_inner(),
            simulated: simulated.into_inner().unwrap(),
            took: began.elapsed(),
        });
        println!("{}", self.tiers.last().unwrap());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long the tests take in real time is reported"
)]
fn now() -> Instant {
    Instant::now()
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:14} {:6} plans, {:7.1} simulated days, {:5.1} s",
            self.name,
            self.plans,
            self.simulated.as_secs_f64() / 86_400.0,
            self.took.as_secs_f64()
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plans: usize = self.tiers.iter().map(|tier| tier.plans).sum();
        let simulated: f64 = self.tiers.iter().map(|tier| tier.simulated.as_secs_f64()).sum();
        writeln!(
            formatter,
            "{plans} plans, {:.1} simulated days, {} failed",
            simulated / 86_400.0,
            self.failures.len()
        )?;
        for failure in self.failures.iter().take(SHOWN) {
            writeln!(formatter, "{failure}")?;
        }
        Ok(())
    }
}
