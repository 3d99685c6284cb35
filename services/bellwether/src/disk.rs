//! How much room the lake's disk has, looked at whenever Prometheus asks.

use prometheus::{
    IntGauge, Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};
use std::path::PathBuf;

/// The file system that the lake's folder is on.
struct Disk {
    folder: PathBuf,
    free: IntGauge,
    size: IntGauge,
}

/// Registers what is told of the disk of the lake at `url`.
///
/// # Errors
/// When the registry has metrics of these names already.
pub fn register(registry: &Registry, url: &str) -> Result<(), prometheus::Error> {
    // An address that names no folder is refused by whoever opens the lake.
    let Ok(folder) = lake::folder(url) else { return Ok(()) };
    registry.register(Box::new(Disk {
        folder,
        free: IntGauge::new(
            "bellwether_lake_disk_free_bytes",
            "Room that is left to the program on the disk of the lake; absent while it cannot be looked at.",
        )?,
        size: IntGauge::new("bellwether_lake_disk_size_bytes", "Size of the disk of the lake.")?,
    }))
}

impl Collector for Disk {
    fn desc(&self) -> Vec<&Desc> {
        [self.free.desc(), self.size.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let Ok(disk) = rustix::fs::statvfs(&self.folder) else { return Vec::new() };
        let bytes = |blocks: u64| i64::try_from(blocks.saturating_mul(disk.f_frsize)).unwrap_or(i64::MAX);
        self.free.set(bytes(disk.f_bavail));
        self.size.set(bytes(disk.f_blocks));
        [self.free.collect(), self.size.collect()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_that_of_the_disk_that_the_lake_is_on() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::new();
        register(&registry, &format!("file://{}/lake", folder.path().display())).unwrap();
        assert!(registry.gather().is_empty(), "there is no lake yet");
        std::fs::create_dir(folder.path().join("lake")).unwrap();
        let value = |family: &MetricFamily| family.get_metric()[0].get_gauge().get_value();
        let told: Vec<(String, f64)> = registry.gather().iter().map(|f| (f.name().to_owned(), value(f))).collect();
        let [(free, room), (size, all)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!([free.as_str(), size], ["bellwether_lake_disk_free_bytes", "bellwether_lake_disk_size_bytes"]);
        assert!(*room > 0.0 && room <= all, "{room} of {all}");
    }
}
