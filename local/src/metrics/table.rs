//! Metrics of one name whose labels are all known at the start. To find one costs no lock, and no client can add one.

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The value of a label.
pub(super) type Value = Cow<'static, str>;

/// The metrics, in a fixed order. Clones count together.
#[derive(Debug)]
pub(super) struct Table<M, const LABELS: usize> {
    names: [&'static str; LABELS],
    rows: Arc<[([Value; LABELS], M)]>,
}

impl<M, const LABELS: usize> Clone for Table<M, LABELS> {
    fn clone(&self) -> Self {
        Self { names: self.names, rows: self.rows.clone() }
    }
}

impl<M, const LABELS: usize> Table<M, LABELS> {
    /// A metric for each of these values of the labels.
    pub(super) fn new(
        names: [&'static str; LABELS],
        values: impl IntoIterator<Item = [Value; LABELS]>,
        metric: impl Fn(&[Value; LABELS]) -> M,
    ) -> Self {
        let row = |values| {
            let metric = metric(&values);
            (values, metric)
        };
        Self { names, rows: values.into_iter().map(row).collect() }
    }

    /// The metric of the values with this number.
    pub(super) fn at(&self, number: usize) -> &M {
        &self.rows[number].1
    }
}

impl<M> Table<M, 1> {
    /// These metrics, each with the value of its label.
    pub(super) fn readings<const ROWS: usize>(name: &'static str, rows: [(&'static str, M); ROWS]) -> Self {
        Self {
            names: [name],
            rows: rows.into_iter().map(|(value, metric)| ([value.into()], metric)).collect(),
        }
    }

    /// A metric for each value of one label.
    pub(super) fn of(
        name: &'static str,
        values: impl IntoIterator<Item = impl Into<Value>>,
        metric: impl Fn() -> M,
    ) -> Self {
        Self::new([name], values.into_iter().map(|value| [value.into()]), |_| metric())
    }
}

impl<M: TypedMetric, const LABELS: usize> TypedMetric for Table<M, LABELS> {
    const TYPE: MetricType = M::TYPE;
}

impl<M: EncodeMetric + TypedMetric, const LABELS: usize> EncodeMetric for Table<M, LABELS> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (values, metric) in self.rows.iter().filter(|(_, metric)| !metric.is_empty()) {
            let labels: [(&str, &str); LABELS] =
                std::array::from_fn(|label| (self.names[label], &*values[label]));
            metric.encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }

    fn is_empty(&self) -> bool {
        self.rows.iter().all(|(_, metric)| metric.is_empty())
    }
}

/// A counter that may be shown from its first time on only. Most combinations of an endpoint and a status never occur.
#[derive(Clone, Debug, Default)]
pub(super) struct Occurring {
    pub(super) counter: Counter,
    /// Whether it is shown before, as zero. Otherwise Prometheus sees no increase in the first time.
    pub(super) is_expected: bool,
}

impl TypedMetric for Occurring {
    const TYPE: MetricType = MetricType::Counter;
}

impl EncodeMetric for Occurring {
    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        self.counter.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }

    fn is_empty(&self) -> bool {
        !self.is_expected && self.counter.get() == 0
    }
}
