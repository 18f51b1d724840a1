//! The conditional writes to purchases and statuses, and what must never come of one.

use super::bounds::{DEADLINE, FLIGHT};
use super::broken::Broken;
use super::protocol::Protocol;
use super::seen::Planned;
use super::world::{
    Answer, FOREIGN, Ids, Manifest, Memory, Pass, Reason, Record, Stage, State, World, namespace_of,
};

/// How an effect goes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum How {
    Well,
    /// It is refused and does nothing: a conflict, or a look-up that fails.
    Refused,
    /// It is done, and nobody is told.
    Lost,
}

/// An order id that was recorded is there no more.
pub const ID_DROPPED: u8 = 2;
/// An attempt whose outcome was open was written over, or closed while its order exists or may still come.
pub const UNRESOLVED_GONE: u8 = 4;
/// An order that a person named was bound while the key's own might still have been on its way.
pub const BOUND_IN_FLIGHT: u8 = 8;
/// A pass was over, and status and purchase did not name the same attempt.
pub const LEDGERS_APART: u8 = 16;
/// A manifest was given, unasked, what an earlier namespace of the same name had bought.
pub const INHERITED: u8 = 32;

/// Takes note of a purchase as it is now.
pub fn hold(world: &mut World, replica: usize, purchase: Option<Record>) {
    let now = world.tick;
    let mine = &mut world.replicas[replica];
    let Some(pass) = &mut mine.pass else { return };
    pass.purchase = purchase;
    let open = purchase.filter(|record| record.state == State::Open && record.attempt > 0);
    let memory = &mut mine.memory[usize::from(pass.key)];
    if let Some(open) = open
        && memory.attempt != open.attempt
    {
        *memory = Memory {
            attempt: open.attempt,
            since: now,
            looked_up: None,
        };
    }
}

/// Writes a purchase over the one that was read; `false`: an error, or somebody else was faster.
pub fn write(
    model: &Protocol,
    world: &mut World,
    replica: usize,
    read: Option<Record>,
    new: Record,
    how: How,
) -> bool {
    let Some(pass) = world.replicas[replica].pass else {
        return false;
    };
    let key = usize::from(pass.key);
    let old = world.purchases[key];
    if old != read || how == How::Refused {
        return false;
    }
    if let Some(old) = old {
        judge(model, world, replica, &old, &new);
    }
    world.purchases[key] = Some(new);
    if how == How::Lost {
        return false;
    }
    hold(world, replica, Some(new));
    true
}

fn judge(model: &Protocol, world: &mut World, replica: usize, old: &Record, new: &Record) {
    if old.ids & !new.ids != 0 {
        world.wrong |= ID_DROPPED;
    }
    if old.state != State::Open {
        return;
    }
    let attempt = old.attempt;
    if new.state == State::Open && new.attempt == attempt {
        // What was seen of it is noted.
        return;
    }
    let on_its_way = on_its_way(world, replica, attempt);
    if new.state == State::Bought {
        let foreign = world.ids(|order| order.key == FOREIGN);
        if on_its_way && new.ids & !old.ids & foreign != 0 {
            world.wrong |= BOUND_IN_FLIGHT;
        }
        return;
    }
    let exists = world.ids(|order| order.attempt == attempt) != 0;
    // A person who says that there is no order answers for it.
    let by_hand = new.reason == Some(Reason::Absent)
        && world.replicas[replica]
            .pass
            .and_then(|pass| pass.manifest)
            .is_some_and(|manifest| manifest.anew == attempt);
    let over = new.state == State::Open || on_its_way || exists;
    if over && !by_hand && attempt > 0 && model.bounds.within_limits() {
        world.wrong |= UNRESOLVED_GONE;
    }
}

/// The POST of an attempt may still be decided, or sent by somebody else.
fn on_its_way(world: &World, replica: usize, attempt: u8) -> bool {
    let coming = world.flights.iter().flatten().any(|flight| {
        let decided = flight.answer != Answer::Pending && !matches!(flight.answer, Answer::Accepted(_));
        flight.attempt == attempt && !decided && world.tick <= flight.sent + FLIGHT
    });
    coming
        || world.replicas.iter().enumerate().any(|(other, process)| {
            let ticket = process.pass.and_then(|pass| pass.ticket);
            other != replica
                && ticket.is_some_and(|(of, began)| of == attempt && world.tick < began + DEADLINE)
        })
}

/// A pass has nothing left to do; `status`: what it shows at last, if it changes. Unless somebody has changed the manifest
/// since, both ledgers name the same attempt then: each is there for the case that the other is lost.
pub fn leave(model: &Protocol, world: &mut World, replica: usize, status: Option<u16>) {
    let Some(pass) = world.replicas[replica].pass else {
        return;
    };
    let current = world.manifests[usize::from(pass.key / 2)];
    let Some(seen) = pass.manifest.filter(|seen| current == Some(*seen)) else {
        return;
    };
    let shown = model.plans.shown(status.unwrap_or(seen.status));
    if shown.key.is_some_and(|key| key != pass.key) {
        return;
    }
    let now = world.tick + model.bounds.skew[replica];
    let open = pass
        .purchase
        .filter(|record| record.state == State::Open && record.attempt > 0);
    let apart = if let Some(open) = open {
        // Until then the sender may be about to write the mark himself. Another object's attempt is not marked here.
        open.uid == seen.uid && now > open.deadline && shown.attempt != open.attempt
    } else {
        let bought = pass.purchase.is_some_and(|record| record.state != State::Closed);
        !bought && shown.attempt > 0
    };
    if apart {
        world.wrong |= LEDGERS_APART;
    }
}

/// Records an order id. Never drops one, whatever the purchase says; creates it if it is gone.
pub fn record(model: &Protocol, world: &mut World, replica: usize, id: u8, reason: Reason, how: How) -> bool {
    let Some(pass) = world.replicas[replica].pass else {
        return false;
    };
    let before = world.purchases[usize::from(pass.key)];
    let bit = 1 << id;
    let now = world.tick + model.bounds.skew[replica];
    let placed = matches!(pass.stage, Stage::Record(_));
    let base = before.or(pass.purchase.filter(|_| placed));
    let base = base.unwrap_or_else(|| blank(model, &pass, now));
    // Nothing came of what stands there: who binds the order, and on which account, is said anew.
    let base = if base.state == State::Closed && reason == Reason::Adopted {
        let blank = blank(model, &pass, now);
        Record {
            uid: blank.uid,
            inputs: blank.inputs,
            account: blank.account,
            ..base
        }
    } else {
        base
    };
    if base.state == State::Bought && base.ids & bit != 0 && before.is_some() {
        hold(world, replica, before);
        return how == How::Well;
    }
    let bought = Record {
        reason: if base.state == State::Bought {
            base.reason
        } else {
            Some(reason)
        },
        state: State::Bought,
        ids: base.ids | bit,
        ..base
    };
    write(model, world, replica, before, bought, how)
}

/// What a purchase says of a key whose purchase is gone, or never was.
fn blank(model: &Protocol, pass: &Pass, now: i8) -> Record {
    Record {
        attempt: pass
            .manifest
            .map_or(0, |manifest| model.plans.shown(manifest.status).attempt),
        started: now,
        deadline: now,
        remote: None,
        state: State::Closed,
        reason: None,
        absences: 0,
        ids: 0,
        shown: 0,
        uid: pass.manifest.map_or(0, |manifest| manifest.uid),
        inputs: pass.manifest.map_or(0, |manifest| digest(&manifest)),
        account: pass.account,
    }
}

/// Writes a status on the version of the manifest that was planned from; `false`: an error.
pub fn write_status(model: &Protocol, world: &mut World, replica: usize, status: u16, how: How) -> bool {
    let Some(pass) = world.replicas[replica].pass else {
        return false;
    };
    let Some(seen) = pass.manifest else { return true };
    if seen.status == status {
        return how == How::Well;
    }
    let manifest = usize::from(pass.key / 2);
    if world.manifests[manifest] != Some(seen) || how == How::Refused {
        return false;
    }
    let (old, new) = (model.plans.shown(seen.status), model.plans.shown(status));
    if old.order > 0 && new.order != old.order && old.key == new.key {
        world.wrong |= ID_DROPPED;
    }
    let buyer = world.purchases[usize::from(pass.key)].map_or(seen.uid, |record| record.uid);
    let unasked = new.order > 0 && old.order == 0 && seen.existing != new.order;
    if unasked && namespace_of(buyer) != namespace_of(seen.uid) {
        world.wrong |= INHERITED;
    }
    let written = Manifest { status, ..seen };
    world.put(manifest, Some(written));
    if how == How::Lost {
        return false;
    }
    if let Some(mine) = world.replicas[replica].pass.as_mut() {
        mine.manifest = Some(written);
    }
    true
}

/// Takes the key; the mark is the next step. `false`: somebody else was faster.
pub fn claim(
    model: &Protocol,
    world: &mut World,
    replica: usize,
    planned: Planned,
    how: How,
) -> Option<bool> {
    let pass = world.replicas[replica].pass?;
    let manifest = pass.manifest?;
    let status = planned.status?;
    let closed = pass
        .purchase
        .filter(|_| model.bounds.broken != Broken::UnconditionalClaim);
    // No history within bounds gets here; a broken one may claim for ever.
    (world.attempts < 60).then_some(())?;
    world.attempts += 1;
    let attempt = world.attempts;
    let began = if pass.began < 0 { world.tick } else { pass.began };
    let started = began + model.bounds.skew[replica];
    let claimed = Record {
        attempt,
        started,
        deadline: started + DEADLINE,
        // The look-up's, and what has passed since.
        remote: Some(if pass.began < 0 {
            world.tick + world.ahead
        } else {
            pass.dated + world.tick - pass.began
        }),
        state: State::Open,
        reason: None,
        absences: closed.map_or(0, |closed| closed.absences),
        ids: closed
            .filter(|_| model.bounds.broken != Broken::IdsIgnored)
            .map_or(0, |closed| closed.ids),
        shown: 0,
        uid: manifest.uid,
        inputs: digest(&manifest),
        account: pass.account,
    };
    let unread = model.bounds.broken == Broken::UnconditionalClaim;
    let expected = if unread {
        world.purchases[usize::from(pass.key)]
    } else {
        pass.purchase
    };
    let written = write(model, world, replica, expected, claimed, how);
    let mine = world.replicas[replica].pass.as_mut()?;
    mine.began = began;
    mine.stage = Stage::Mark { attempt, status };
    Some(written)
}

/// Closes the purchase, if its attempt is still this one; `false`: an error.
pub fn close(
    model: &Protocol,
    world: &mut World,
    replica: usize,
    attempt: u8,
    reason: Reason,
    how: How,
) -> bool {
    let Some(key) = world.replicas[replica].pass.map(|pass| usize::from(pass.key)) else {
        return false;
    };
    let before = world.purchases[key];
    let any = model.bounds.broken == Broken::CloseAnyAttempt;
    let open = before.filter(|open| open.state == State::Open && (any || open.attempt == attempt));
    let Some(open) = open else {
        hold(world, replica, before);
        return how == How::Well;
    };
    let closed = Record {
        state: State::Closed,
        reason: Some(reason),
        absences: open.absences + u8::from(reason == Reason::Absent),
        ..open
    };
    write(model, world, replica, before, closed, how)
}

/// Notes orders that a look-up has shown, if the attempt is still this one; `false`: an error, or it is not.
pub fn note(model: &Protocol, world: &mut World, replica: usize, attempt: u8, ids: Ids, how: How) -> bool {
    let Some(key) = world.replicas[replica].pass.map(|pass| usize::from(pass.key)) else {
        return false;
    };
    let before = world.purchases[key];
    let Some(open) = before.filter(|open| open.state == State::Open && open.attempt == attempt) else {
        return false;
    };
    let noted = Record {
        shown: open.shown | ids,
        ..open
    };
    write(model, world, replica, before, noted, how)
}

/// Writes back, as open, an attempt that only the status knows.
pub fn put_back(model: &Protocol, world: &mut World, replica: usize, attempt: u8, how: How) -> bool {
    let Some(pass) = world.replicas[replica].pass else {
        return false;
    };
    let before = world.purchases[usize::from(pass.key)];
    if before.is_some_and(|before| before.state != State::Closed || before.attempt == attempt) {
        return false;
    }
    let now = world.tick + model.bounds.skew[replica];
    let open = Record {
        attempt,
        started: now,
        deadline: now,
        remote: None,
        state: if model.bounds.broken == Broken::RepairedAsClosed {
            State::Closed
        } else {
            State::Open
        },
        reason: None,
        shown: 0,
        ..before.unwrap_or_else(|| blank(model, &pass, now))
    };
    write(model, world, replica, before, open, how)
}

/// What a purchase keeps of the inputs; 0 would be nothing.
pub fn digest(manifest: &Manifest) -> u8 {
    1 + manifest.inputs * 2 + manifest.account
}
