//! A histogram without a lock: one counter for each bucket.

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The bounds of the buckets, and what a value counts.
#[derive(Debug)]
pub(super) struct Scale {
    /// The upper bounds of the buckets, in ascending order.
    pub(super) bounds: &'static [u64],
    /// How many of the values are one of the metric's unit.
    pub(super) per_unit: f64,
}

/// Clones count together.
#[derive(Clone, Debug)]
pub(super) struct Histogram(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    scale: &'static Scale,
    /// One for each bound, and one for what is greater than all.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    pub(super) fn new(scale: &'static Scale) -> Self {
        let counts = (0..=scale.bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { scale, counts, sum: AtomicU64::new(0) }))
    }

    pub(super) fn observe(&self, value: u64) {
        let Inner { scale, counts, sum } = &*self.0;
        let bucket = scale.bounds.partition_point(|bound| *bound < value);
        counts[bucket].fetch_add(1, Ordering::Relaxed);
        sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a time, in nanoseconds.
    pub(super) fn observe_time(&self, took: Duration) {
        self.observe(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Inner { scale, counts, sum } = &*self.0;
        let counts: Vec<_> = counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let bounds = scale.bounds.iter().map(|bound| *bound as f64 / scale.per_unit);
        let buckets: Vec<_> = bounds.chain([f64::INFINITY]).zip(counts.iter().copied()).collect();
        let sum = sum.load(Ordering::Relaxed) as f64 / scale.per_unit;
        encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::prometheus_text::encode;
    use prometheus_client::registry::Registry;

    static MILLISECONDS: Scale = Scale { bounds: &[1_000_000, 250_000_000], per_unit: 1e9 };

    #[test]
    fn a_value_is_in_each_bucket_whose_bound_it_does_not_exceed() {
        let histogram = Histogram::new(&MILLISECONDS);
        for microseconds in [1, 1_000, 1_001, 250_000, 250_001] {
            histogram.observe_time(Duration::from_micros(microseconds));
        }
        let mut registry = Registry::default();
        registry.register("a_seconds", "Times", histogram);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let expected = "# HELP a_seconds Times.\n# TYPE a_seconds histogram\n\
                        a_seconds_bucket{le=\"0.001\"} 2\na_seconds_bucket{le=\"0.25\"} 4\n\
                        a_seconds_bucket{le=\"+Inf\"} 5\na_seconds_sum 0.502003\na_seconds_count 5\n";
        assert_eq!(text, expected);
    }
}
