//! What a replica does, effect by effect, as the shell in `controller` does it: each write to the API server and
//! each call of CertCentral is a step of its own. The decisions are the shipping plan's.

use super::bounds::{Bounds, DEADLINE};
use super::broken::Broken;
use super::ledger::{How, claim, close, digest, hold, leave, note, put_back, record, write_status};
use super::protocol::Protocol;
use super::seen::{Does, Planned, View};
use super::world::{
    Answer, Failed, Flight, Inspected, Look, Manifest, Pass, Reason, Stage, State, World, key_of,
};

/// Something was bought or may have been, and a POST leaves that no purchase names.
pub const POST_WITHOUT_PURCHASE: u8 = 1;

/// A pass over a manifest begins: from the API server's version, or from the one that a cache still shows.
pub fn begin(model: &Protocol, world: &World, replica: usize, manifest: usize, stale: bool) -> Option<World> {
    let mut next = *world;
    let seen = if stale {
        next.left.stale = world.left.stale.checked_sub(1)?;
        world.older[manifest].filter(|older| world.manifests[manifest] != Some(*older))?
    } else {
        world.manifests[manifest]?
    };
    start(model, next, replica, asks_for(model, manifest, &seen), Some(seen))
}

/// A pass over an open purchase begins that no manifest asks for.
pub fn begin_alone(model: &Protocol, world: &World, replica: usize, key: u8) -> Option<World> {
    world.purchases[usize::from(key)].filter(|record| record.state == State::Open)?;
    let manifest = usize::from(key / 2);
    let asked = world.manifests[manifest].is_some_and(|seen| asks_for(model, manifest, &seen) == key);
    (!asked).then(|| start(model, *world, replica, key, None))?
}

/// The key that a manifest asks for: an attempt of an earlier revision is settled first.
fn asks_for(model: &Protocol, manifest: usize, seen: &Manifest) -> u8 {
    let shown = model.plans.shown(seen.status);
    let earlier = shown.key.filter(|_| shown.attempt > 0 && shown.order == 0);
    earlier.unwrap_or_else(|| key_of(manifest, seen.revision))
}

fn start(
    model: &Protocol,
    mut world: World,
    replica: usize,
    key: u8,
    manifest: Option<Manifest>,
) -> Option<World> {
    if world.replicas[replica].pass.is_some() {
        return None;
    }
    let purchase = world.purchases[usize::from(key)];
    let as_bought = manifest
        .zip(purchase)
        .and_then(|(manifest, purchase)| (purchase.inputs > 0).then(|| purchase.inputs == digest(&manifest)));
    world.replicas[replica].pass = Some(Pass {
        key,
        manifest,
        purchase: None,
        account: 0,
        as_bought,
        look: Look::NotAsked,
        began: -1,
        dated: -1,
        inspection: Inspected::NotAsked,
        failed: None,
        ticket: None,
        stage: Stage::Plan,
    });
    hold(&mut world, replica, purchase);
    observe_account(model, &mut world, replica);
    Some(settle(model, world, replica))
}

/// The account as it is now: what its name stands for may change while a pass runs. What another one answered says
/// nothing of this one.
pub fn observe_account(model: &Protocol, world: &mut World, replica: usize) {
    let Some(mut pass) = world.replicas[replica].pass else {
        return;
    };
    let account = world.account(pass.manifest.as_ref(), pass.purchase.as_ref());
    if account != pass.account && model.bounds.broken != Broken::AnswerOfAnotherAccount {
        pass.look = Look::NotAsked;
    }
    pass.account = account;
    world.replicas[replica].pass = Some(pass);
}

/// The next effect of a replica, and how it goes.
pub fn step(model: &Protocol, world: &World, replica: usize, how: How) -> Option<World> {
    let pass = world.replicas[replica].pass?;
    let mut next = *world;
    if how != How::Well {
        next.left.faults = world.left.faults.checked_sub(1)?;
    }
    let done = match pass.stage {
        Stage::Plan => {
            let view = view(model, &next, replica, &pass);
            let planned = model.planned(&view);
            act(model, &mut next, replica, &pass, planned, how)?
        }
        Stage::Mark { attempt, status } => {
            let marked =
                model.bounds.broken == Broken::NoMark || write_status(model, &mut next, replica, status, how);
            let mine = next.replicas[replica].pass.as_mut()?;
            if marked {
                mine.ticket = Some((attempt, pass.began));
                mine.stage = Stage::Plan;
            } else {
                mine.stage = Stage::Unmarked { attempt };
            }
            true
        }
        Stage::Unmarked { attempt } => {
            close(model, &mut next, replica, attempt, Reason::NotSent, how);
            false
        }
        Stage::Sent { .. } => {
            let slot = (0..2).find(|slot| sent_by(&next, *slot, replica))?;
            let flight = next.flights[slot].filter(|_| how == How::Well)?;
            next.replicas[replica].pass.as_mut()?.stage = match flight.answer {
                Answer::Pending => return None,
                Answer::Accepted(id) => Stage::Record(id),
                Answer::Refused => ended(flight, Failed::Refused),
                Answer::RefusedForNow => ended(flight, Failed::RefusedForNow),
            };
            next.flights[slot] = None;
            true
        }
        Stage::Ended { attempt, how: end } => {
            let reason = match end {
                Failed::NotSent => Reason::NotSent,
                Failed::Refused | Failed::RefusedForNow | Failed::Unavailable => Reason::Refused,
            };
            // An attempt that can't be closed stays open, and is resolved by looking.
            close(model, &mut next, replica, attempt, reason, how);
            let mine = next.replicas[replica].pass.as_mut()?;
            mine.failed = Some(end);
            mine.stage = Stage::Plan;
            true
        }
        Stage::Record(id) => {
            let recorded = record(model, &mut next, replica, id, Reason::Placed, how);
            let mine = next.replicas[replica].pass.as_mut()?;
            if recorded {
                mine.inspection = Inspected::Placed(id);
                mine.stage = Stage::Plan;
            } else {
                mine.stage = Stage::RecordInStatus(id);
            }
            true
        }
        Stage::RecordInStatus(id) => {
            if let Some(manifest) = pass.manifest
                && model.plans.shown(manifest.status).order == 0
            {
                let status = model.plans.with_order(manifest.status, id);
                write_status(model, &mut next, replica, status, how);
            }
            next.replicas[replica].pass.as_mut()?.stage = Stage::Record(id);
            true
        }
        Stage::Reopen { attempt } => {
            next.replicas[replica].pass.as_mut()?.stage = Stage::Plan;
            put_back(model, &mut next, replica, attempt, how)
        }
    };
    if !done {
        next.replicas[replica].pass = None;
    }
    observe_account(model, &mut next, replica);
    Some(settle(model, next, replica))
}

fn ended(flight: Flight, how: Failed) -> Stage {
    Stage::Ended {
        attempt: flight.attempt,
        how,
    }
}

/// Carries an action out; `false` ends the pass, `None`: it can't go like this.
fn act(
    model: &Protocol,
    world: &mut World,
    replica: usize,
    pass: &Pass,
    planned: Planned,
    how: How,
) -> Option<bool> {
    let broken = model.bounds.broken;
    let mine = world.replicas[replica].pass.as_mut()?;
    let well = how == How::Well;
    Some(match planned.does {
        Does::Place => {
            let (attempt, _) = pass.ticket.filter(|_| well)?;
            if broken != Broken::TicketTwice {
                mine.ticket = None;
            }
            mine.stage = Stage::Sent { attempt };
            // The ticket is good for the account that the claim was made on.
            let account = pass.purchase?.account;
            let slot = world.flights.iter().position(Option::is_none)?;
            world.flights[slot] = Some(Flight {
                key: pass.key,
                attempt,
                account,
                sent: world.tick,
                answer: Answer::Pending,
                sender: u8::try_from(replica).ok(),
            });
            let recorded = world.purchases[usize::from(pass.key)];
            // A person who deletes purchases takes away what was there; another replica may have claimed since.
            let taken_away = model.bounds.may_lose_purchases() && world.left.edits < model.bounds.left.edits;
            if !recorded.is_some_and(|record| record.is_open_at(attempt)) && !taken_away {
                world.wrong |= POST_WITHOUT_PURCHASE;
            }
            true
        }
        Does::LookUp => {
            let open = pass.purchase.is_some_and(|record| record.state == State::Open);
            let look = match how {
                How::Well => looked_up(model, world, pass),
                How::Refused if broken == Broken::IncompleteIsEmpty => Look::Complete(0, 0),
                How::Refused => Look::Incomplete,
                How::Lost => return None,
            };
            let now = world.tick + model.bounds.skew[replica];
            world.replicas[replica].memory[usize::from(pass.key)].looked_up = Some(now);
            let mine = world.replicas[replica].pass.as_mut()?;
            mine.began = world.tick;
            mine.dated = world.tick + world.ahead;
            mine.look = look;
            // An open attempt has its own rhythm; before a claim the failure is what holds the order up.
            if look == Look::Incomplete {
                mine.failed = (!open).then_some(Failed::Unavailable);
            }
            true
        }
        Does::Inspect(id) | Does::Refresh(id) if well => {
            let owned = world.purchases.iter().flatten().any(|of| of.ids & (1 << id) != 0);
            let ours = model.bounds.tokens && world.order(id).is_some_and(|order| order.key == pass.key);
            let there = world.order(id).is_some_and(|order| order.account == pass.account);
            let refresh = matches!(planned.does, Does::Refresh(_));
            world.replicas[replica].pass.as_mut()?.inspection = if there {
                Inspected::Found {
                    id,
                    owned: owned && !ours && !refresh,
                }
            } else {
                Inspected::Missing(id)
            };
            true
        }
        Does::Inspect(_) | Does::Refresh(_) => return None,
        Does::Close(attempt, reason) => {
            mine.ticket = None;
            mine.look = Look::NotAsked;
            close(model, world, replica, attempt, reason, how)
        }
        Does::Reopen(attempt) => {
            let fresh = world.manifests[usize::from(pass.key / 2)].filter(|_| well)?;
            mine.stage = Stage::Reopen { attempt };
            pass.manifest.is_some_and(|seen| seen.uid == fresh.uid)
                && model.plans.shown(fresh.status).attempt == attempt
        }
        Does::WriteStatus => {
            mine.failed = None;
            let status = planned.status?;
            write_status(model, world, replica, status, how)
        }
        Does::NoteShown(attempt, ids) => note(model, world, replica, attempt, ids, how),
        Does::AddOrderId(id) => record(model, world, replica, id, Reason::Placed, how),
        Does::Adopt(id) => record(model, world, replica, id, Reason::Adopted, how),
        Does::Claim => claim(model, world, replica, planned, how)?,
        Does::Release => false,
        Does::Nothing => {
            leave(model, world, replica, planned.status);
            if let (Some(_), Some(status)) = (pass.manifest, planned.status) {
                write_status(model, world, replica, status, how);
            }
            false
        }
    })
}

fn looked_up(model: &Protocol, world: &World, pass: &Pass) -> Look {
    let account = pass.account;
    if model.bounds.tokens {
        let foreign = model.bounds.broken == Broken::ForeignIsOurs;
        return Look::Complete(
            world.visible(account, |order| foreign || order.key == pass.key),
            0,
        );
    }
    // Without tokens, every order that nobody owns may be this one.
    let owned = world
        .purchases
        .iter()
        .flatten()
        .fold(0, |ids, record| ids | record.ids);
    Look::Complete(0, world.visible(account, |_| true) & !owned)
}

/// A pass that has nothing to do and nothing to say is over at once.
fn settle(model: &Protocol, mut world: World, replica: usize) -> World {
    let Some(pass) = world.replicas[replica]
        .pass
        .filter(|pass| pass.stage == Stage::Plan)
    else {
        return world;
    };
    let planned = model.planned(&view(model, &world, replica, &pass));
    let says = planned
        .status
        .filter(|status| pass.manifest.is_some_and(|seen| seen.status != *status));
    if planned.does == Does::Nothing && says.is_none() {
        leave(model, &mut world, replica, None);
        world.replicas[replica].pass = None;
    }
    world
}

/// What a replica knows.
pub fn view(model: &Protocol, world: &World, replica: usize, pass: &Pass) -> View {
    let Bounds {
        skew,
        tokens,
        adoption,
        broken,
        ..
    } = model.bounds;
    let memory = world.replicas[replica].memory[usize::from(pass.key)];
    let measured = if pass.began < 0 { world.tick } else { pass.began };
    let known = pass
        .purchase
        .is_some_and(|record| record.attempt > 0 && record.attempt == memory.attempt);
    let concerned = match (pass.look, pass.inspection) {
        (_, Inspected::Found { id, .. } | Inspected::Placed(id)) => 1 << id,
        (Look::Complete(found, _), _) => found,
        _ => 0,
    };
    let open = pass.purchase.filter(|record| record.state == State::Open);
    let account = pass.account;
    let behind = !tokens
        && (0..4).any(|key| {
            let other = world.purchases[usize::from(key)];
            let open = other.is_some_and(|other| other.state == State::Open && other.account == account);
            open && key != pass.key && world.manifests[usize::from(key / 2)].is_some()
        });
    View {
        key: pass.key,
        now: world.tick + skew[replica],
        next_attempt: world.attempts + 1,
        manifest: pass.manifest,
        purchase: pass.purchase,
        as_bought: pass.as_bought,
        look: pass.look,
        asked: pass.began + skew[replica],
        began: pass.dated,
        inspection: pass.inspection,
        ours: concerned & world.ids(|order| broken == Broken::ForeignIsOurs || order.key == pass.key),
        after_attempt: concerned
            & world.ids(|order| open.is_some_and(|open| order.created >= open.started - skew[replica])),
        failed: pass.failed,
        ticket: pass
            .ticket
            .map(|(attempt, began)| (attempt, world.tick < began + DEADLINE)),
        known_for: if known {
            (measured - memory.since).max(0)
        } else {
            0
        },
        looked_up: memory.looked_up,
        behind,
        same_account: pass.purchase.is_some_and(|record| record.account == account),
        exact: tokens,
        adoption,
    }
}

fn sent_by(world: &World, slot: usize, replica: usize) -> bool {
    world.flights[slot].is_some_and(|flight| flight.sender.map(usize::from) == Some(replica))
}
