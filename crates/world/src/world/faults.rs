//! What goes wrong with requests because a test asks for it.

use super::World;
use crate::faults::rules::{Faults, Matched, Trouble};

impl World {
    /// The rules of what goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The rules of what goes wrong, to be changed.
    pub fn faults_mut(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// Whether anything may go wrong with a request. Where not, nobody need ask [`World::trouble_for`].
    pub fn has_trouble(&self) -> bool {
        self.settings.latency.is_some() || !self.faults.rules().is_empty()
    }

    /// What goes wrong with a request, the `ordinal`th of its workspace: what the rules say that it has matched, and on top of their latencies that
    /// of the settings, which is drawn by the ordinal. Rules that came after it was matched are nothing to it.
    pub fn trouble_for(&mut self, matched: &Matched, ordinal: u64) -> Trouble {
        let mut trouble = self.faults.trouble_for(matched, self.seed.child("fault"));
        if let Some(latency) = self.settings.latency {
            let drawn = latency.draw(self.seed.child("latency").nth(ordinal));
            trouble.delay = trouble.delay.saturating_add(drawn);
        }
        trouble
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::base::probability::Probability;
    use crate::base::span::Span;
    use crate::faults::latency::{Latency, Sigma};
    use crate::faults::matching::Sketch;
    use crate::faults::rules::{Effect, Terms};

    /// What goes wrong with a request.
    fn trouble_of(world: &mut World, ordinal: u64) -> Trouble {
        let matched = world.faults().patterns().matched_by(&Sketch::new("GET", "/api/v1/calls", "", b""));
        world.trouble_for(&matched, ordinal)
    }

    #[test]
    fn the_settings_latency_adds_to_that_of_the_rules() {
        let mut world = World::for_tests(1);
        assert!(!world.has_trouble());
        assert_eq!(trouble_of(&mut world, 0), Trouble::NONE);

        world.settings.latency = Some(Latency::Fixed(Span::from_millis(30)));
        assert!(world.has_trouble());
        assert_eq!(trouble_of(&mut world, 0), Trouble { delay: Duration::from_millis(30), ..Trouble::NONE });

        let effect = Effect::Latency { latency: Latency::Fixed(Span::from_millis(12)) };
        let terms = Terms { pattern: Arc::default(), times: None, probability: Probability::ALWAYS, effect };
        world.faults_mut().add(terms).unwrap();
        let trouble = trouble_of(&mut world, 0);
        assert_eq!((trouble.delay, trouble.rules), (Duration::from_millis(42), vec!["flt_1".to_owned()]));
        assert_eq!(world.faults().rules()[0].hits, 1);
    }

    #[test]
    fn the_settings_latency_is_drawn_by_the_ordinal_and_the_worlds_seed() {
        let delays = |seed| {
            let mut world = World::for_tests(seed);
            let sigma = Sigma::from_thousandths(400);
            world.settings.latency = Some(Latency::LogNormal { median: Span::from_millis(80), sigma });
            (0..10).map(|ordinal| trouble_of(&mut world, ordinal).delay).collect::<Vec<_>>()
        };
        assert_eq!(delays(1), delays(1));
        assert_ne!(delays(1), delays(2));
        assert!(delays(1).windows(2).any(|pair| pair[0] != pair[1]));
    }
}
