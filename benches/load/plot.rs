//! Plots as SVG: panels side by side, lines over a logarithmic axis.

use std::fmt::Write as _;

/// See the module.
pub struct Plot {
    /// What is along the axis at the bottom.
    pub of: String,
    /// The panels.
    pub panels: Vec<Panel>,
}

/// One pair of axes.
pub struct Panel {
    /// What is along the axis at the side.
    pub title: String,
    /// Whether that axis is logarithmic; if not, it begins at 0.
    pub is_logarithmic: bool,
    /// The lines.
    pub series: Vec<Series>,
}

/// One line.
pub struct Series {
    /// What it shows.
    pub name: String,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 430.0;
const HEIGHT: f64 = 300.0;
const MARGIN: f64 = 50.0;
/// Told apart also by those who see few colours, on light and on dark.
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];
const INK: &str = "#808080";

impl Plot {
    /// The whole file.
    pub fn to_svg(&self) -> String {
        let width = WIDTH * self.panels.len() as f64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n"
        );
        for (position, panel) in self.panels.iter().enumerate() {
            let _ = writeln!(svg, "<g transform=\"translate({},0)\">", WIDTH * position as f64);
            panel.draw(&self.of, &mut svg);
            svg += "</g>\n";
        }
        svg + "</svg>\n"
    }
}

impl Panel {
    fn draw(&self, of: &str, svg: &mut String) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let across = Axis::logarithmic(points().map(|point| point.0), MARGIN, WIDTH - 15.0);
        let values = points().map(|point| point.1);
        let (bottom, top) = (HEIGHT - MARGIN, 45.0);
        let up = if self.is_logarithmic {
            Axis::logarithmic(values, bottom, top)
        } else {
            Axis::linear(values, bottom, top)
        };
        text(svg, (MARGIN, 18.0), "start", INK, &self.title);
        for tick in across.ticks() {
            let x = across.place(tick);
            line(svg, (x, bottom), (x, top));
            text(svg, (x, bottom + 16.0), "middle", INK, &short(tick));
        }
        for tick in up.ticks() {
            let y = up.place(tick);
            line(svg, (MARGIN, y), (WIDTH - 15.0, y));
            text(svg, (MARGIN - 6.0, y + 4.0), "end", INK, &short(tick));
        }
        text(svg, ((MARGIN + WIDTH - 15.0) / 2.0, HEIGHT - 14.0), "middle", INK, of);
        for (position, series) in self.series.iter().enumerate() {
            let colour = COLOURS[position % COLOURS.len()];
            let place = |point: &(f64, f64)| format!("{:.1},{:.1}", across.place(point.0), up.place(point.1));
            let path: Vec<String> = series.points.iter().map(place).collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                path.join(" ")
            );
            let name = series.name.replace('&', "&amp;");
            text(svg, (MARGIN + 8.0, 58.0 + 15.0 * position as f64), "start", colour, &name);
        }
    }
}

/// An axis: which value is where.
struct Axis {
    is_logarithmic: bool,
    from: f64,
    to: f64,
    /// The places of both ends.
    ends: (f64, f64),
}

impl Axis {
    /// From the power of ten below the least to the one above the largest.
    fn logarithmic(values: impl Iterator<Item = f64>, begin: f64, end: f64) -> Axis {
        let (least, most) = values.fold((f64::MAX, f64::MIN), |(least, most), v| (least.min(v), most.max(v)));
        let (from, to) = (least.log10().floor(), most.log10().ceil());
        Axis { is_logarithmic: true, from, to: to.max(from + 1.0), ends: (begin, end) }
    }

    /// From 0 to a round number above the largest.
    fn linear(values: impl Iterator<Item = f64>, begin: f64, end: f64) -> Axis {
        let most = values.fold(0.0, f64::max);
        let power = 10_f64.powf(most.log10().floor());
        let to = [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|to| *to >= most * 1.2);
        Axis { is_logarithmic: false, from: 0.0, to: to.unwrap_or(20.0 * power), ends: (begin, end) }
    }

    fn place(&self, value: f64) -> f64 {
        let value = if self.is_logarithmic { value.log10() } else { value };
        self.ends.0 + (self.ends.1 - self.ends.0) * (value - self.from) / (self.to - self.from)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.is_logarithmic {
            return (self.from as i32..=self.to as i32).map(|power| 10_f64.powi(power)).collect();
        }
        (0..=5).map(|part| self.to * f64::from(part) / 5.0).collect()
    }
}

/// As few letters as will do.
fn short(value: f64) -> String {
    match value {
        large if large >= 1e6 => format!("{}M", large / 1e6),
        some if some >= 1e3 => format!("{}k", some / 1e3),
        few => format!("{}", (few * 1_000.0).round() / 1_000.0),
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, colour: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>");
}

fn line(svg: &mut String, (x, y): (f64, f64), (to_x, to_y): (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{to_x:.1}\" y2=\"{to_y:.1}\" stroke=\"{INK}\" stroke-opacity=\"0.3\"/>"
    );
}
