//! A number for each site and week, with holes.

use serde::{Deserialize, Serialize};

/// Sites × weeks, one site after the other; a hole is NaN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    sites: usize,
    weeks: usize,
    cells: Vec<f64>,
}

/// What cannot be a grid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Misshapen {
    /// Another number of cells than sites × weeks.
    #[error("{got} cells for {sites} sites and {weeks} weeks: give one for each, NaN where there is none")]
    Cells {
        /// Sites that were said.
        sites: usize,
        /// Weeks that were said.
        weeks: usize,
        /// Cells that were given.
        got: usize,
    },
    /// An infinite cell.
    #[error("the cell of site {site} in week {week} is infinite: give a number, or NaN where there is none")]
    Infinite {
        /// Index of the site.
        site: usize,
        /// Index of the week.
        week: usize,
    },
}

impl Grid {
    /// A grid of `sites` rows of `weeks` cells each, row after row.
    ///
    /// # Errors
    /// [`Misshapen`] when the number of cells is another, or one of them is infinite.
    pub fn new(sites: usize, weeks: usize, cells: Vec<f64>) -> Result<Self, Misshapen> {
        if cells.len() != sites * weeks {
            return Err(Misshapen::Cells { sites, weeks, got: cells.len() });
        }
        match cells.iter().position(|cell| cell.is_infinite()) {
            Some(at) => Err(Misshapen::Infinite { site: at / weeks, week: at % weeks }),
            None => Ok(Self { sites, weeks, cells }),
        }
    }

    /// The grid that `cell` (of site and week) makes; what is infinite becomes a hole.
    pub fn of(sites: usize, weeks: usize, cell: impl Fn(usize, usize) -> f64) -> Self {
        let finite = |value: f64| if value.is_finite() { value } else { f64::NAN };
        let cells = (0..sites * weeks).map(|at| finite(cell(at / weeks, at % weeks))).collect();
        Self { sites, weeks, cells }
    }

    /// Number of rows.
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// Number of cells in a row.
    pub fn weeks(&self) -> usize {
        self.weeks
    }

    /// The weeks of one site, first to last.
    pub fn row(&self, site: usize) -> &[f64] {
        &self.cells[site * self.weeks..(site + 1) * self.weeks]
    }

    /// The cell of a site and week; NaN where there is none.
    pub fn at(&self, site: usize, week: usize) -> f64 {
        self.cells[site * self.weeks + week]
    }

    /// All cells, row after row.
    pub fn cells(&self) -> &[f64] {
        &self.cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_of_the_wrong_size_is_refused_with_both_sizes() {
        let told = Grid::new(2, 3, vec![0.0; 5]).unwrap_err().to_string();
        assert_eq!(told, "5 cells for 2 sites and 3 weeks: give one for each, NaN where there is none");
    }

    #[test]
    fn an_infinite_cell_is_named_by_its_place() {
        let told = Grid::new(2, 2, vec![0.0, 1.0, 2.0, f64::INFINITY]).unwrap_err();
        assert_eq!(told, Misshapen::Infinite { site: 1, week: 1 });
    }
}
