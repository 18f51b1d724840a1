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
use crate::scripts::{SCRIPTS, Script, UNDISTURBED};

/// How long caches stay frozen after a restart.
const FROZEN: Duration = Duration::from_secs(20);
/// How long after a missed event everything is listed anew: at once, after a while, and after the script's end.
const GAPS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(3), Duration::from_secs(30)];
/// How much sparser the sample of pairs is; where everything is run, they are all run.
const PAIRS: usize = 4;
/// Scripts in which no POST takes time.
const WIRED: [&str; 12] = [
    "place",
    "first",
    "refuse",
    "lost",
    "never-arrived",
    "by-hand",
    "queue",
    "adopt",
    "hidden",
    "reapply",
    "revision",
    "redirected",
];
/// How a process dies.
const DEATHS: [Moment; 2] = [Moment::Before, Moment::After];
/// How many failing plans are shown.
const SHOWN: usize = 12;

/// What came of all plans.
#[derive(Default)]
pub struct Report {
    first: bool,
    only: Option<String>,
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

/// Runs all plans, or every so many of each tier, or `only` those of one; with a `first` script it begins with that
/// one's writes, wrong answers, reads and old caches, and stops at the first failure.
pub fn all(every: usize, first: Option<&str>, only: Option<String>) -> Report {
    let mut report = Report {
        first: first.is_some(),
        only,
        ..Report::default()
    };
    let mut undisturbed = Undisturbed::new();
    for script in SCRIPTS {
        undisturbed.insert(script.name, report.undisturbed(script));
    }
    for script in UNDISTURBED {
        report.undisturbed(script);
    }
    if report.failures.is_empty() {
        let writes = effects(&undisturbed, |effect, _| changes(effect));
        let wrong_answers = effects(&undisturbed, |effect, moment| moment.misinforms(effect));
        let reads = effects(&undisturbed, |effect, moment| {
            !changes(effect) && !moment.misinforms(effect)
        });
        if let Some(script) = first {
            let of_script = |work: Work| work.into_iter().filter(|plan| plan.script == script).collect();
            report.tier("first writes", &undisturbed, of_script(writes.clone()), 1);
            report.tier(
                "first wrong answers",
                &undisturbed,
                of_script(wrong_answers.clone()),
                1,
            );
            report.tier("first reads", &undisturbed, of_script(reads.clone()), 1);
            report.tier(
                "first old caches",
                &undisturbed,
                of_script(old_caches(&undisturbed)),
                1,
            );
        }
        report.tier("answers", &undisturbed, answers(&undisturbed), every);
        report.tier("HTTP client", &undisturbed, wired(&undisturbed, every), 1);
        report.tier("missed events", &undisturbed, missed_events(&undisturbed), every);
        report.tier("reads", &undisturbed, reads, every);
        report.tier("old caches", &undisturbed, old_caches(&undisturbed), every);
        let pairs = if every > 1 { every * PAIRS } else { every };
        report.pairs(&undisturbed, first_deaths(&undisturbed), pairs);
        // Whatever is left out elsewhere, every question to CertCentral is answered wrongly in every way, and every effect
        // that changes something goes wrong in every way; not where the one script is looked at in full.
        let step = if first.is_some() { every } else { 1 };
        report.tier("wrong answers", &undisturbed, wrong_answers, step);
        report.tier("every write", &undisturbed, writes, step);
    }
    report
}

/// Every effect of every script, in every way that is wanted of those in which it can go wrong.
fn effects(undisturbed: &Undisturbed, wanted: impl Fn(&str, Moment) -> bool) -> Work {
    let mut work = Work::new();
    for (script, run) in undisturbed {
        for (position, effect) in run.effects.iter().enumerate() {
            let moments = Moment::of(effect).filter(|moment| wanted(effect, *moment));
            work.extend(moments.map(|moment| Plan::undisturbed(script).and(position + 1, moment)));
        }
    }
    work
}

/// Whether an effect changes something that the promise is about.
fn changes(effect: &str) -> bool {
    !effect.starts_with("GET ") && !effect.contains("/events")
}

/// Every death at an effect that changes something. A death at a read leaves the same world behind as one at the
/// change before it.
fn first_deaths(undisturbed: &Undisturbed) -> Work {
    let mut work = Work::new();
    for (script, run) in undisturbed {
        for (position, effect) in run.effects.iter().enumerate() {
            if changes(effect) {
                let plan = |moment| Plan::undisturbed(script).and(position + 1, moment);
                work.extend(DEATHS.map(plan));
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
    let post = post(&undisturbed["answer"]);
    let mut work = Work::new();
    for answer in 0..ANSWERS.len() {
        let plan = Plan {
            answer: Some(answer),
            ..Plan::undisturbed("answer")
        };
        work.push(plan.clone());
        for effect in post..post + 7 {
            work.push(plan.and(effect, Moment::After));
        }
    }
    work
}

/// Through the HTTP client that ships: the scripts in which no POST takes time, and every so many of the answers that
/// come at once, alone and with a death after the POST.
fn wired(undisturbed: &Undisturbed, every: usize) -> Work {
    let wired = |plan: Plan| Plan { wired: true, ..plan };
    let mut work: Work = WIRED.map(|script| wired(Plan::undisturbed(script))).into();
    let post = post(&undisturbed["answer"]);
    let immediate = ANSWERS
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.is_immediate());
    for (answer, _) in immediate.step_by(every) {
        let plan = wired(Plan {
            answer: Some(answer),
            ..Plan::undisturbed("answer")
        });
        work.extend([plan.and(post, Moment::After), plan]);
    }
    work
}

/// The number of the first POST to CertCentral.
fn post(run: &Run) -> usize {
    let post = run
        .effects
        .iter()
        .position(|effect| effect.starts_with("POST /services"));
    post.unwrap() + 1
}

fn first_write(run: &Run) -> usize {
    let write = run.effects.iter().position(|effect| !effect.starts_with("GET "));
    write.unwrap() + 1
}

impl Report {
    /// Runs a script in which nothing goes wrong.
    fn undisturbed(&mut self, script: &Script) -> Run {
        let plan = Plan::undisturbed(script.name);
        let done = run(&plan);
        if !done.wrong.is_empty() {
            self.failures.push(failed(&plan, &done));
        }
        done
    }

    /// Runs every so many plans of a tier.
    fn tier(&mut self, name: &'static str, undisturbed: &Undisturbed, work: Work, every: usize) {
        let work: Work = work.into_iter().step_by(every).collect();
        self.each(name, undisturbed, &work, |plan, trial| {
            trial.run(plan);
        });
    }

    /// After each first death, every so many of all second ones.
    fn pairs(&mut self, undisturbed: &Undisturbed, work: Work, every: usize) {
        let work: Vec<(usize, Plan)> = work.into_iter().enumerate().collect();
        self.each("two deaths", undisturbed, &work, |(number, plan), trial| {
            // Where only a sample is run it begins elsewhere each time, so that no kind of second death is left out.
            let afterwards = run(plan).afterwards.into_iter();
            let second = afterwards
                .filter(|(_, effect)| changes(effect))
                .flat_map(|(effect, _)| DEATHS.map(|moment| plan.and(effect, moment)));
            for plan in second.skip(number % every).step_by(every) {
                trial.run(&plan);
            }
        });
    }

    /// Does all the work of a tier, on all cores.
    fn each<W: Sync>(
        &mut self,
        name: &'static str,
        undisturbed: &Undisturbed,
        work: &[W],
        does: impl Fn(&W, &Trial<'_>) + Sync,
    ) {
        let began = now();
        let wanted = self.only.as_ref().is_none_or(|only| only == name);
        if !wanted || (self.first && !self.failures.is_empty()) {
            return;
        }
        let next = AtomicUsize::new(0);
        let trial = Trial {
            undisturbed,
            first: self.first,
            plans: AtomicUsize::new(0),
            simulated: Mutex::new(Duration::ZERO),
            failures: Mutex::new(Vec::new()),
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(work) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                        does(work, &trial);
                    }
                });
            }
        });
        self.failures.extend(trial.failures.into_inner().unwrap());
        self.tiers.push(Tier {
            name,
            plans: trial.plans.into_inner(),
            simulated: trial.simulated.into_inner().unwrap(),
            took: began.elapsed(),
        });
        println!("{}", self.tiers.last().unwrap());
    }
}

/// What came of the plans of a tier so far.
struct Trial<'a> {
    undisturbed: &'a Undisturbed,
    /// It is over with the first plan that fails.
    first: bool,
    plans: AtomicUsize,
    simulated: Mutex<Duration>,
    failures: Mutex<Vec<String>>,
}

impl Trial<'_> {
    fn run(&self, plan: &Plan) {
        if self.first && !self.failures.lock().unwrap().is_empty() {
            return;
        }
        let mut done = run(plan);
        self.plans.fetch_add(1, Ordering::Relaxed);
        *self.simulated.lock().unwrap() += done.age;
        done.compare(plan, &self.undisturbed[plan.script]);
        if !done.wrong.is_empty() {
            self.failures.lock().unwrap().push(failed(plan, &done));
        }
    }
}

/// Says what is wrong with a run. At once: a run that is cut short has said so much.
fn failed(plan: &Plan, done: &Run) -> String {
    let failure = format!("{plan}: {}", done.wrong.join("; "));
    println!("failed: {failure}");
    failure
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
        let took: f64 = self.tiers.iter().map(|tier| tier.took.as_secs_f64()).sum();
        let years = simulated / 86_400.0 / 365.0;
        writeln!(
            formatter,
            "crashes: {plans} plans in {took:.0} s, {} failed, {years:.1} simulated order-years, {:.1} a minute",
            self.failures.len(),
            years / (took / 60.0).max(f64::EPSILON)
        )?;
        for failure in self.failures.iter().take(SHOWN) {
            writeln!(formatter, "{failure}")?;
        }
        Ok(())
    }
}
