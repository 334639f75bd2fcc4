//! An answer on its way to the wire: there at once, as nearly all are, or one that takes its time.

use std::future::{Future, pending};
use std::pin::Pin;
use std::task::{Context, Poll};

/// See the module. What is there at once is not put into a future's state first, which would be made and moved for nothing.
pub enum Answering<T> {
    /// Here it is.
    Now(T),
    /// It comes.
    Later(Pin<Box<dyn Future<Output = T> + Send>>),
    /// It has been given already.
    Given,
}

impl<T: Send + 'static> Answering<T> {
    /// What comes of that.
    pub fn later(answer: impl Future<Output = T> + Send + 'static) -> Answering<T> {
        Answering::Later(Box::pin(answer))
    }

    /// No answer will ever come.
    pub fn never() -> Answering<T> {
        Answering::later(pending())
    }

    /// What `next` makes of the answer, once it is there.
    pub fn and_then<U: Unpin + Send + 'static>(
        self,
        next: impl FnOnce(T) -> Answering<U> + Send + 'static,
    ) -> Answering<U> {
        match self {
            Answering::Now(answer) => next(answer),
            Answering::Later(answer) => Answering::later(async move { next(answer.await).await }),
            Answering::Given => Answering::never(),
        }
    }
}

impl<T: Unpin> Future for Answering<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if let Answering::Later(answer) = &mut *self {
            return answer.as_mut().poll(context);
        }
        match std::mem::replace(&mut *self, Answering::Given) {
            Answering::Now(answer) => Poll::Ready(answer),
            // Nobody asks again for what they have been given.
            Answering::Later(_) | Answering::Given => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn what_is_there_is_given_at_the_first_poll_and_once() {
        let mut context = Context::from_waker(Waker::noop());
        let mut poll = |answering: &mut Answering<u8>| Pin::new(answering).poll(&mut context);
        let mut now = Answering::Now(1).and_then(|one| Answering::Now(one + 1));
        assert_eq!(poll(&mut now), Poll::Ready(2));
        assert_eq!(poll(&mut now), Poll::Pending);
        assert_eq!(poll(&mut Answering::never().and_then(|()| Answering::Now(1))), Poll::Pending);
    }

    #[tokio::test]
    async fn what_comes_later_is_given_when_it_comes() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let later = Answering::later(async { receiver.await.unwrap() });
        let doubled = later.and_then(|number: u8| Answering::later(async move { 2 * number }));
        sender.send(4).unwrap();
        assert_eq!(doubled.await, 8);
    }
}
