//! The same work on many things at once, with the answers in the order of the things.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
    thread::{self, ScopedJoinHandle},
};

/// Fewer things than this are not worth a thread.
const LEAST_PER_THREAD: usize = 8;

/// Returns what `perform` makes of each of `things`, in their order; `None` where it panicked.
pub(super) fn map<T: Sync, R: Send>(
    things: &[T],
    perform: impl Fn(&T) -> R + Sync,
) -> Vec<Option<R>> {
    let n_threads = n_threads().min(things.len() / LEAST_PER_THREAD);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let idx = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(idx) else { return done };
            // What is shared is only read, so nothing half done is seen afterwards.
            done.extend(catch_unwind(AssertUnwindSafe(|| perform(thing))).ok().map(|it| (idx, it)));
        }
    };
    let mut answers: Vec<Option<R>> = things.iter().map(|_| None).collect();
    thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(work)).collect();
        let done = work().into_iter();
        let done = done.chain(others.into_iter().flat_map(ScopedJoinHandle::join).flatten());
        for (idx, answer) in done {
            if let Some(place) = answers.get_mut(idx) {
                *place = Some(answer);
            }
        }
    });
    answers
}

/// How many threads the machine runs at once.
pub(super) fn n_threads() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn answers_stand_in_the_order_of_the_things() {
        let numbers: Vec<usize> = (0..1000).collect();
        let doubled: Vec<_> = numbers.iter().map(|number| Some(number * 2)).collect();
        assert_eq!(map(&numbers, |number| number * 2), doubled);
        assert_eq!(map(&[] as &[usize], |number| *number), []);
    }

    #[test]
    fn a_panic_costs_one_answer_only() {
        let numbers: Vec<usize> = (0..100).collect();
        let answers = map(&numbers, |number| {
            assert_ne!(*number, 70, "this panic is part of the test");
            *number
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_none()).count(), 1);
        assert_eq!(answers[70], None);
        assert_eq!(answers[71], Some(71));
    }
}
