//! How much deliveries take: of those that are over, the oldest make room for newer ones; of the others there is a limit to how many wait.

use super::Outbox;

impl Outbox {
    /// The most subscriptions that there may be.
    pub const MOST_SUBSCRIPTIONS: usize = 100;
    /// The most further tries of one delivery.
    pub const MOST_RETRIES: usize = 20;
    /// The most deliveries that may wait or be under way at once.
    pub const MOST_UNFINISHED: usize = if cfg!(test) { 100 } else { 100_000 };
    /// The most that they may take, in bytes.
    pub const MOST_UNFINISHED_BYTES: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };

    /// How many bytes deliveries take that have come to their end.
    pub fn held_bytes(&self) -> usize {
        self.log.held_bytes()
    }

    /// Whether so many deliveries wait, or are under way, that no more are sent: their receivers are slow or dead.
    pub fn is_full(&self) -> bool {
        let (count, bytes) = self.log.unfinished();
        count >= Outbox::MOST_UNFINISHED || bytes >= Outbox::MOST_UNFINISHED_BYTES
    }

    /// How many deliveries wait or are under way.
    pub fn unfinished(&self) -> usize {
        self.log.unfinished().0
    }

    /// Whether so many deliveries can have come to wait, and why not. The last one is let in while there is any room, so the longest does
    /// not count, but is no longer than the room.
    pub(super) fn check_room(&self) -> Result<(), String> {
        let (count, bytes) = self.log.unfinished();
        let (most, most_bytes) = (Outbox::MOST_UNFINISHED, Outbox::MOST_UNFINISHED_BYTES);
        if count > most {
            return Err(format!("that are not over are {count}, must be at most {most}"));
        }
        let longest = self.log.longest_unfinished();
        if bytes >= most_bytes && (bytes - longest >= most_bytes || longest > most_bytes) {
            return Err(format!("that are not over take {bytes} bytes, must take at most {most_bytes}"));
        }
        Ok(())
    }

    /// [`Outbox::held_bytes`], counted anew.
    #[cfg(test)]
    pub fn counted_bytes(&self) -> usize {
        self.log.counted_bytes()
    }

    /// Says which age is given to deliveries that come to their end from here on.
    pub fn set_age(&mut self, age: u64) {
        self.log.set_age(age);
    }

    /// The age of the oldest body that can be dropped.
    pub fn oldest_body(&self) -> Option<u64> {
        self.log.oldest_body()
    }

    /// The age of the oldest delivery that can be forgotten.
    pub fn oldest_finished(&self) -> Option<u64> {
        self.log.oldest_finished()
    }

    /// Drops the bodies of the oldest deliveries that have come to their end, up to that age, until so many bytes are freed. Says how many
    /// were.
    pub fn drop_bodies(&mut self, until: u64, wanted: usize) -> usize {
        self.log.drop_bodies(until, wanted)
    }

    /// Forgets the oldest deliveries that have come to their end, as [`Outbox::drop_bodies`] drops bodies.
    pub fn forget_finished(&mut self, until: u64, wanted: usize) -> usize {
        self.log.forget_finished(until, wanted)
    }
}
