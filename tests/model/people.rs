//! What people do to the cluster, as far as the admission rules let them, and to CertCentral's clock.

use super::bounds::QUIET;
use super::protocol::Protocol;
use super::world::{FOREIGN, Manifest, NAMESPACE_ANEW, State, World, each, key_of};

/// Changes something about a manifest of this number, where that can be.
pub type Edit = fn(&Protocol, &World, usize) -> Option<World>;

/// spec.suspend the other way round.
pub fn suspend(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    edit(world, manifest, |seen| seen.suspend = !seen.suspend)
}

/// Something else is asked for; frozen while the revision is claimed.
pub fn other_inputs(model: &Protocol, world: &World, manifest: usize) -> Option<World> {
    free(model, world, manifest)?;
    edit(world, manifest, |seen| seen.inputs = 1 - seen.inputs)
}

/// The other account; frozen while the revision is claimed.
pub fn switch_account(model: &Protocol, world: &World, manifest: usize) -> Option<World> {
    free(model, world, manifest)?;
    edit(world, manifest, |seen| seen.account = 1 - seen.account)
}

/// Another order is asked for, where the rule on spec.revision allows it.
pub fn raise_revision(model: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let shown = model.plans.shown(world.manifests[manifest]?.status);
    let nothing_open = shown.claimed_revision == 0 && shown.order == 0;
    (nothing_open || shown.over).then_some(())?;
    (world.manifests[manifest]?.revision < 2).then_some(())?;
    edit(world, manifest, |seen| {
        seen.revision += 1;
        seen.existing = 0;
    })
}

/// The manifest is deleted.
pub fn delete(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    world.manifests[manifest]?;
    let mut next = *world;
    next.put(manifest, None);
    Some(next)
}

/// A deleted manifest comes back as it was.
pub fn apply_again(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    apply(world, manifest, 0)
}

/// A deleted manifest comes back and asks for something else.
pub fn apply_other(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    apply(world, manifest, 1)
}

/// Deleted and applied again, before anybody saw that it was gone.
pub fn replace(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let mut gone = *world;
    gone.manifests[manifest].take()?;
    apply(&gone, manifest, 0)
}

/// The namespace is deleted with all that is in it, made anew, and the manifests are applied again.
pub fn make_namespace_anew(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    (manifest == 0 && world.uids < NAMESPACE_ANEW).then_some(())?;
    let mut next = *world;
    next.uids = NAMESPACE_ANEW;
    for manifest in 0..2 {
        if next.manifests[manifest].take().is_some() {
            next = apply(&next, manifest, 0)?;
        }
    }
    Some(next)
}

/// The accounts' names stand for others from now on, where tokens are kept as well: made anew, or on another endpoint.
/// Or they stand for the first ones again.
pub fn switch_behind_the_name(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    // Before that, one name is like another.
    (manifest == 0 && world.attempts > 0).then_some(())?;
    Some(World {
        elsewhere: !world.elsewhere,
        ..*world
    })
}

/// The status is wiped, as far as the rule on status.orderID allows it.
pub fn wipe(model: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let seen = world.manifests[manifest]?;
    (model.plans.shown(seen.status).order == 0 && seen.status != 0).then_some(())?;
    let mut next = *world;
    next.put(manifest, Some(Manifest { status: 0, ..seen }));
    Some(next)
}

/// The status is wiped, while the other ledger knows what it said.
pub fn wipe_what_is_recorded(model: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let shown = model.plans.shown(world.manifests[manifest]?.status);
    let record = world.purchases[usize::from(shown.key?)];
    let known = record.is_some_and(|record| record.attempt == shown.attempt);
    (known || shown.attempt == 0).then_some(())?;
    wipe(model, world, manifest)
}

/// A purchase is deleted, while the other ledger knows what it said.
pub fn lose_purchase(model: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let seen = world.manifests[manifest]?;
    let shown = model.plans.shown(seen.status);
    let key = usize::from(shown.key?);
    let record = world.purchases[key]?;
    let known = match record.state {
        State::Open => shown.attempt == record.attempt,
        State::Bought => shown.order > 0 && record.ids == 1 << shown.order,
        State::Closed => record.absences == 0 && shown.attempt == 0,
    };
    known.then_some(())?;
    let mut next = *world;
    next.purchases[key] = None;
    Some(next)
}

/// Both ledgers are lost, as when etcd is restored, while look-ups see the order.
pub fn lose_both(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let seen = world.manifests[manifest]?;
    let key = key_of(manifest, seen.revision);
    let placed = world.ids(|order| order.key == key);
    (placed != 0 && placed == world.visible(seen.account, |order| order.key == key)).then_some(())?;
    let mut next = *world;
    next.purchases[usize::from(key)] = None;
    next.put(manifest, Some(Manifest { status: 0, ..seen }));
    Some(next)
}

/// A person looks for the order of the attempt at CertCentral, finds none, and says so; at any time.
pub fn order_anew(model: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let shown = model.plans.shown(world.manifests[manifest]?.status);
    let none = world.ids(|order| order.attempt == shown.attempt) == 0;
    (shown.attempt > 0 && shown.order == 0 && none).then_some(())?;
    let mut next = *world;
    let mut seen = next.manifests[manifest]?;
    seen.anew = shown.attempt;
    next.put(manifest, Some(seen));
    Some(next)
}

/// A person looks at the orders that may be this one, and says of all that are somebody else's that they are not.
pub fn waive(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let waived = world.ids(|order| order.key == FOREIGN);
    let mut seen = world.manifests[manifest].filter(|seen| seen.waived != waived)?;
    seen.waived = waived;
    let mut next = *world;
    next.put(manifest, Some(seen));
    Some(next)
}

/// CertCentral's clock is put forward past the quiet period.
pub fn put_clock_forward(_: &Protocol, world: &World, _: usize) -> Option<World> {
    put_forward(world, QUIET)
}

/// CertCentral's clock is put forward while a POST is under way, as far as an operator's that is ahead.
pub fn put_clock_as_far(_: &Protocol, world: &World, _: usize) -> Option<World> {
    one_has_left(world)?;
    put_forward(world, QUIET)
}

/// CertCentral's clock is put forward while a POST is under way, forty minutes further than an operator's that is ahead.
pub fn put_clock_further(_: &Protocol, world: &World, _: usize) -> Option<World> {
    one_has_left(world)?;
    put_forward(world, QUIET + 40)
}

fn one_has_left(world: &World) -> Option<()> {
    world.flights.iter().any(Option::is_some).then_some(())
}

fn put_forward(world: &World, minutes: i8) -> Option<World> {
    (world.ahead == 0).then_some(World {
        ahead: minutes,
        ..*world
    })
}

/// A person finds the order at CertCentral and names it.
pub fn name_order(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let revision = world.manifests[manifest]?.revision;
    let id = each(world.ids(|order| order.key == key_of(manifest, revision))).next()?;
    edit(world, manifest, |seen| seen.existing = id)
}

/// A person names an order that is somebody else's.
pub fn name_foreign(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let id = each(world.ids(|order| order.key == FOREIGN)).next()?;
    edit(world, manifest, |seen| seen.existing = id)
}

/// A person names the order of the other manifest, which is recorded as its own.
pub fn name_neighbour(_: &Protocol, world: &World, manifest: usize) -> Option<World> {
    let theirs = world.purchases[usize::from(key_of(1 - manifest, 1))]?;
    let id = each(theirs.ids).next()?;
    edit(world, manifest, |seen| seen.existing = id)
}

fn edit(world: &World, manifest: usize, change: impl FnOnce(&mut Manifest)) -> Option<World> {
    let mut next = *world;
    let mut seen = next.manifests[manifest]?;
    let before = seen;
    change(&mut seen);
    seen.generation += 1;
    next.put(manifest, Some(seen));
    (seen
        != Manifest {
            generation: seen.generation,
            ..before
        })
    .then_some(next)
}

fn apply(world: &World, manifest: usize, inputs: u8) -> Option<World> {
    if world.manifests[manifest].is_some() {
        return None;
    }
    let mut next = *world;
    next.uids += 1;
    let fresh = Manifest {
        uid: next.uids,
        generation: 1,
        revision: 1,
        existing: 0,
        anew: 0,
        waived: 0,
        suspend: false,
        inputs,
        account: 0,
        status: 0,
    };
    next.put(manifest, Some(fresh));
    Some(next)
}

fn free(model: &Protocol, world: &World, manifest: usize) -> Option<()> {
    let seen = world.manifests[manifest]?;
    (seen.revision > model.plans.shown(seen.status).claimed_revision).then_some(())
}
