//! What goes when too much is held, and in which order.

use std::collections::VecDeque;

use super::*;

/// Entries of a head and a body each, by age, with how many bytes are left of either.
#[derive(Default)]
struct Shop {
    entries: Mutex<VecDeque<(u64, usize, usize)>>,
}

const HEAD: usize = 100;
const BODY: usize = 900;

impl Shop {
    fn of(budget: &Budget) -> Arc<Shop> {
        let shop = Arc::new(Shop::default());
        let holder: Weak<Shop> = Arc::downgrade(&shop);
        budget.join(holder);
        shop
    }

    /// Adds entries, and makes room.
    fn add(&self, budget: &Budget, count: usize) {
        for _ in 0..count {
            self.entries.lock().push_back((budget.age(), HEAD, BODY));
            budget.replace(0, HEAD + BODY);
        }
    }

    /// How many entries there are, and how many of them have bodies: the newest.
    fn left(&self) -> (usize, usize) {
        let entries = self.entries.lock();
        let bodies = entries.iter().filter(|(.., body)| *body > 0).count();
        assert!(entries.iter().rev().take(bodies).all(|(.., body)| *body > 0), "older ones go first");
        (entries.len(), bodies)
    }
}

impl Holder for Shop {
    fn oldest(&self, part: Part) -> Option<u64> {
        let entries = self.entries.lock();
        let mut oldest = entries.iter().filter(|(.., body)| part == Part::Entries || *body > 0);
        oldest.next().map(|(age, ..)| *age)
    }

    fn release(&self, part: Part, until: u64, wanted: usize) -> usize {
        let mut freed = 0;
        while freed < wanted && self.oldest(part).is_some_and(|age| age <= until) {
            let mut entries = self.entries.lock();
            freed += match part {
                Part::Bodies => {
                    let oldest = entries.iter_mut().find(|(.., body)| *body > 0);
                    oldest.map_or(0, |(.., body)| std::mem::take(body))
                }
                Part::Entries => entries.pop_front().map_or(0, |(_, head, body)| head + body),
            };
        }
        freed
    }
}

#[test]
fn nothing_goes_as_long_as_all_is_within_the_limit() {
    let budget = Budget::new(10_000);
    let shop = Shop::of(&budget);
    shop.add(&budget, 10);
    assert_eq!((shop.left(), budget.used()), ((10, 10), 10_000));
    shop.add(&budget, 1);
    // Down to a sixteenth below the limit: two bodies.
    assert_eq!((shop.left(), budget.used()), ((11, 9), 9_200));
}

#[test]
fn the_oldest_bodies_go_first_whoever_has_them() {
    let budget = Budget::new(20_000);
    let [old, idle, young] = [(); 3].map(|()| Shop::of(&budget));
    old.add(&budget, 5);
    young.add(&budget, 10);
    old.add(&budget, 5);
    assert_eq!((old.left(), young.left()), ((10, 10), (10, 10)));
    young.add(&budget, 5);
    assert_eq!((old.left(), young.left()), ((10, 5), (15, 13)), "five of the older, then those of the younger");
    assert_eq!(idle.left(), (0, 0));
    idle.add(&budget, 12);
    let bodies = [&old, &young, &idle].map(|shop| shop.left().1);
    assert_eq!((old.left().0, young.left().0, bodies[2]), (10, 15, 12));
    assert!(bodies[0] <= 5 && bodies[1] < 10 && budget.used() <= 20_000, "{bodies:?}");
}

#[test]
fn when_no_body_is_left_the_oldest_entries_go() {
    let budget = Budget::new(10_000);
    let [old, young] = [(); 2].map(|()| Shop::of(&budget));
    old.add(&budget, 50);
    young.add(&budget, 49);
    assert_eq!((old.left().0, young.left().0), (50, 49), "without bodies all of them have room");
    young.add(&budget, 20);
    assert_eq!(young.left().0, 69, "the others are older");
    assert!((20..50).contains(&old.left().0), "{:?}", old.left());
    assert!(budget.used() <= 10_000, "{}", budget.used());
    young.add(&budget, 200);
    assert_eq!(old.left().0, 0);
    assert!(young.left().0 >= 80, "{:?}", young.left());
    assert!(budget.used() <= 10_000, "{}", budget.used());
}

/// Has something to drop, and is always busy when it is to.
struct Busy;

impl Holder for Busy {
    fn oldest(&self, _: Part) -> Option<u64> {
        Some(0)
    }

    fn release(&self, _: Part, _: u64, _: usize) -> usize {
        0
    }
}

#[test]
fn who_is_busy_or_gone_holds_up_nobody() {
    let budget = Budget::new(10_000);
    let busy: Arc<dyn Holder> = Arc::new(Busy);
    budget.join(Arc::downgrade(&busy));
    let gone = Shop::of(&budget);
    gone.add(&budget, 5);
    budget.note(gone.entries.lock().len() * (HEAD + BODY), 0);
    drop(gone);
    let shop = Shop::of(&budget);
    shop.add(&budget, 40);
    assert!(budget.used() <= 10_000);
    assert!(shop.left().1 >= 5, "{:?}", shop.left());
}

#[test]
fn who_is_gone_is_forgotten_though_there_is_room() {
    let budget = Budget::new(10_000);
    let present: Vec<_> = (0..10).map(|_| Shop::of(&budget)).collect();
    for _ in 0..10_000 {
        drop(Shop::of(&budget));
    }
    let known = budget.joined.lock();
    assert!(known.len() <= 4 * present.len(), "{}", known.len());
    assert!(present.iter().all(|shop| Arc::weak_count(shop) == 1));
}

#[test]
fn many_who_add_at_once_stay_within_the_limit() {
    let budget = Budget::new(100_000);
    let shops: Vec<_> = (0..4).map(|_| Shop::of(&budget)).collect();
    std::thread::scope(|threads| {
        for shop in &shops {
            threads.spawn(|| shop.add(&budget, 2_000));
        }
    });
    budget.make_room();
    let held: usize =
        shops.iter().flat_map(|shop| shop.entries.lock().clone()).map(|(_, head, body)| head + body).sum();
    assert_eq!(budget.used(), held);
    assert!(held <= 100_000, "{held}");
}
