package report

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// look is how an engine's points are drawn.
type look struct {
	shape draw.GlyphDrawer
	color color.Color
}

// looks are told apart by shape as well as by colour.
func looks() map[string]look {
	return map[string]look{
		"assay":      {draw.CircleGlyph{}, color.RGBA{0xc0, 0x39, 0x2b, 0xff}},
		"duckdb":     {draw.SquareGlyph{}, color.RGBA{0x3b, 0x3b, 0x3b, 0xff}},
		"clickhouse": {draw.PyramidGlyph{}, color.RGBA{0x29, 0x80, 0xb9, 0xff}},
	}
}

// leastMS keeps times that the clock cannot tell from nothing on a logarithmic axis.
const leastMS = 0.1

// Plot writes an SVG of the best hot time of every query on every engine, on a logarithmic axis. Queries without times have a gap.
func (r *Result) Plot(w io.Writer) error {
	if !r.measured() {
		return errors.New("plot: no query was measured")
	}
	p := plot.New()
	p.Title.Text = r.heading()
	p.Y.Label.Text = "best hot run, ms (logarithmic)"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Padding = true, vg.Points(2)
	p.Add(plotter.NewGrid())
	names := make([]string, len(r.Queries))
	for i, q := range r.Queries {
		names[i] = q.Name
	}
	p.NominalX(names...)
	for _, engine := range r.present() {
		if err := r.addPoints(p, engine); err != nil {
			return err
		}
	}
	p.Y.Min, p.Y.Max = math.Pow(10, math.Floor(math.Log10(p.Y.Min))), math.Pow(10, math.Ceil(math.Log10(p.Y.Max*1.01)))
	p.X.Min, p.X.Max = -0.7, float64(len(names))-0.3
	canvas := vgsvg.New(vg.Length(max(8, len(names)))*vg.Inch*0.4, 4*vg.Inch)
	p.Draw(draw.New(canvas))
	if _, err := canvas.WriteTo(w); err != nil {
		return fmt.Errorf("write plot: %w", err)
	}
	return nil
}

// measured reports whether there is anything to draw.
func (r *Result) measured() bool {
	return slices.ContainsFunc(r.Queries, func(q Query) bool {
		return slices.ContainsFunc(r.present(), func(engine string) bool { return q.Times[engine].measured() })
	})
}

func (t *Time) measured() bool { return t != nil && len(t.HotMS) > 0 }

// addPoints adds an engine's times.
func (r *Result) addPoints(p *plot.Plot, engine string) error {
	var points plotter.XYs
	for i, q := range r.Queries {
		if t := q.Times[engine]; t.measured() {
			points = append(points, plotter.XY{X: float64(i), Y: max(t.MinMS, leastMS)})
		}
	}
	if len(points) == 0 {
		return nil
	}
	s, err := plotter.NewScatter(points)
	if err != nil {
		return fmt.Errorf("plot %s: %w", engine, err)
	}
	how := looks()[engine]
	s.GlyphStyle = draw.GlyphStyle{Shape: how.shape, Color: how.color, Radius: vg.Points(3.5)}
	p.Add(s)
	p.Legend.Add(engine, s)
	return nil
}
