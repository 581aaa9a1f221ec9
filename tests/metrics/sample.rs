//! What `/metrics` answers, as series and values.

use std::collections::{BTreeMap, BTreeSet};

/// The samples of one answer.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    /// The value of each series, as it is written.
    series: BTreeMap<String, String>,
    /// The families.
    pub(crate) families: BTreeMap<String, Family>,
}

/// A metric as its comments and samples describe it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: String,
    pub(crate) labels: BTreeSet<String>,
}

impl Samples {
    pub(crate) fn read(text: &str) -> Self {
        let mut all = Self { series: BTreeMap::new(), families: BTreeMap::new() };
        for line in text.lines() {
            if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
                all.families.entry(name.to_owned()).or_default().help = help.to_owned();
            } else if let Some((name, kind)) =
                line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
            {
                all.families.entry(name.to_owned()).or_default().kind = kind.to_owned();
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let family = family_of(series);
                let family = all.families.get_mut(family).unwrap_or_else(|| panic!("{line}: no family"));
                family.labels.extend(labels_of(series).map(|(name, _)| name).filter(|name| name != "le"));
                let known = all.series.insert(series.to_owned(), value.to_owned());
                assert_eq!(known, None, "{series} is there twice");
            }
        }
        all
    }

    /// The value of a series. Zero, if it is not there.
    pub(crate) fn value(&self, series: &str) -> f64 {
        self.series.get(series).map_or(0.0, |value| value.parse().unwrap())
    }

    /// The series.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.series.keys()
    }

    /// The series of a metric that are not zero, with their labels and values.
    pub(crate) fn counted(&self, metric: &str) -> Vec<(String, f64)> {
        let of = self.series.iter().filter_map(|(series, value)| {
            let labels = series.strip_prefix(metric)?.strip_prefix('{')?.strip_suffix('}')?;
            Some((labels.replace('"', ""), value.parse().unwrap()))
        });
        of.filter(|(_, value)| *value != 0.0).collect()
    }

    /// Fails unless exactly these series of a metric are not zero.
    pub(crate) fn assert_counted(&self, metric: &str, expected: &[(&str, u32)]) {
        let expected = expected.iter().filter(|(_, value)| *value > 0);
        let expected: Vec<_> =
            expected.map(|(labels, value)| ((*labels).to_owned(), f64::from(*value))).collect();
        assert_eq!(self.counted(metric), expected, "{metric}");
    }
}

/// The metric of a series: without labels, and without the suffixes of a histogram.
pub(crate) fn family_of(series: &str) -> &str {
    let name = series.split('{').next().unwrap_or(series);
    let is_histogram = name.contains("_seconds_") || name.contains("_writes_");
    let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
    base.filter(|_| is_histogram).unwrap_or(name)
}

/// The labels of a series. No value has a comma or a quote.
pub(crate) fn labels_of(series: &str) -> impl Iterator<Item = (String, String)> {
    let labels = series.split_once('{').map_or("", |(_, rest)| rest.trim_end_matches('}'));
    labels.split(',').filter(|label| !label.is_empty()).map(|label| {
        let (name, value) = label.split_once('=').unwrap();
        (name.to_owned(), value.trim_matches('"').to_owned())
    })
}
