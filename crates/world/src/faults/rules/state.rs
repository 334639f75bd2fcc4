//! Rules, out into a document and in from one.

use std::collections::BTreeMap;

use super::{Faults, MOST_DRAWN, Rule, RulePatterns, Terms};
use crate::faults::matching::Pattern;
use crate::snapshot::{Checked, Count, FaultsRecord, Hex, RuleRecord, within, wrong};

impl Faults {
    /// As a document has them.
    pub fn record(&self) -> FaultsRecord {
        FaultsRecord { made: Count::of(self.made), rules: self.rules.iter().map(Rule::record).collect() }
    }

    /// As a document has them.
    pub fn restore(record: FaultsRecord) -> Checked<Faults> {
        let (made, most) = (record.made.get(), Faults::MOST);
        if record.rules.len() > most {
            return Err(wrong("rules", format!("has {} rules, must have at most {most}", record.rules.len())));
        }
        let mut rules = Vec::with_capacity(record.rules.len());
        let (mut before, mut drawn, mut bytes) = (0, 0, 0);
        for (position, record) in record.rules.into_iter().enumerate() {
            let place = format!("rules[{position}]");
            let number = record.number.get();
            if number <= before || number > made {
                let message = format!("is {number}, must be from {} to the number of those made, {made}", before + 1);
                return Err(wrong(format!("{place}.number"), message));
            }
            before = number;
            drawn += record.drawn.len();
            bytes += record.r#match.written_bytes();
            rules.push(Rule::restore(record).map_err(|fault| within(place, fault))?);
        }
        // Each may be the last to draw before all of them forget.
        let (most_drawn, most_bytes) = (MOST_DRAWN + Faults::MOST, Faults::MOST_BYTES);
        if drawn > most_drawn {
            return Err(wrong("rules", format!("have drawn for {drawn} digests, must have for at most {most_drawn}")));
        }
        if bytes > most_bytes {
            return Err(wrong("rules", format!("have patterns of {bytes} bytes, must have at most {most_bytes}")));
        }
        Ok(Faults { patterns: RulePatterns::of(&rules), rules, made })
    }
}

impl Rule {
    fn record(&self) -> RuleRecord {
        let Terms { pattern, times, probability, effect } = &self.terms;
        RuleRecord {
            number: Count::of(self.number),
            r#match: Pattern::clone(pattern),
            times: *times,
            probability: *probability,
            effect: (*effect).into(),
            hits: self.hits,
            drawn: self.drawn.iter().map(|(digest, count)| (Hex(digest.to_be_bytes()), Count::of(*count))).collect(),
        }
    }

    fn restore(record: RuleRecord) -> Checked<Rule> {
        let RuleRecord { number, r#match, times, probability, effect, hits, drawn } = record;
        if times.is_some_and(|times| hits >= times) {
            return Err(wrong("hits", format!("is {hits}, must be less than times: a rule that is used up is gone")));
        }
        let effect = effect.effect().map_err(|fault| within("effect", fault))?;
        let drawn: BTreeMap<u64, u64> =
            drawn.into_iter().map(|(Hex(digest), count)| (u64::from_be_bytes(digest), count.get())).collect();
        let terms = Terms { pattern: r#match.into(), times, probability, effect };
        Ok(Rule { number: number.get(), terms, hits, drawn })
    }
}
