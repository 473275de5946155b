package report

import (
	"math"
	"slices"
)

const (
	// equalMS is the time below which all engines count as equally fast: there the wire and the clock are measured.
	equalMS = 3
	// ratioMax is the most that one query adds to a mean.
	ratioMax = 10

	assay = "assay"
)

// Score sums up the queries whose answers agree.
type Score struct {
	Queries int     `json:"queries"` // that count
	Geomean float64 `json:"geomean"` // of the ratios, each at most ratioMax
	Worst   float64 `json:"worst"`   // the smallest ratio
	WorstIn string  `json:"worst_query"`
	// CPU is the geometric mean of the ratios of CPU time, which other work on the machine disturbs less.
	CPU      float64 `json:"cpu_geomean"`
	CPUWorst float64 `json:"cpu_worst"`
	CPUIn    string  `json:"cpu_worst_query"`
}

// Ratio is how many times as fast as a rival Assay is: both times are taken as at least 3 ms.
func Ratio(rivalMS, assayMS float64) float64 { return max(rivalMS, equalMS) / max(assayMS, equalMS) }

// Geomean is the geometric mean of ratios, each cut at 10; 0 of none.
func Geomean(ratios []float64) float64 {
	if len(ratios) == 0 {
		return 0
	}
	sum := 0.0
	for _, r := range ratios {
		sum += math.Log(min(r, ratioMax))
	}
	return math.Exp(sum / float64(len(ratios)))
}

// Median of times; of an even number the mean of the middle two.
func Median(times []float64) float64 {
	if len(times) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(times))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Judge fills in the ratios of all queries and the score. Without a rival, or without Assay, there is none.
func (r *Result) Judge() {
	var wall, cpu []float64
	score := &Score{Worst: math.Inf(1), CPUWorst: math.Inf(1)}
	for i := range r.Queries {
		q := &r.Queries[i]
		q.judge()
		if q.Ratio > 0 {
			wall = append(wall, q.Ratio)
			if q.Ratio < score.Worst {
				score.Worst, score.WorstIn = q.Ratio, q.Name
			}
		}
		if q.CPURatio > 0 {
			cpu = append(cpu, q.CPURatio)
			if q.CPURatio < score.CPUWorst {
				score.CPUWorst, score.CPUIn = q.CPURatio, q.Name
			}
		}
	}
	r.Score = nil
	if len(wall) == 0 {
		return
	}
	if len(cpu) == 0 {
		score.CPUWorst = 0
	}
	score.Queries, score.Geomean, score.CPU = len(wall), Geomean(wall), Geomean(cpu)
	r.Score = score
}

func (q *Query) judge() {
	q.Ratio, q.CPURatio, q.Fastest = 0, 0, ""
	own := q.Times[assay]
	if q.State != StateOK || own == nil || len(own.HotMS) == 0 {
		return
	}
	wall, cpu := math.Inf(1), math.Inf(1)
	for name, t := range q.Times {
		if name == assay || len(t.HotMS) == 0 {
			continue
		}
		if t.MinMS < wall || t.MinMS == wall && name < q.Fastest {
			wall, q.Fastest = t.MinMS, name
		}
		if t.CPUMinMS > 0 {
			cpu = min(cpu, t.CPUMinMS)
		}
	}
	if !math.IsInf(wall, 1) {
		q.Ratio = Ratio(wall, own.MinMS)
	}
	if !math.IsInf(cpu, 1) && own.CPUMinMS > 0 {
		q.CPURatio = Ratio(cpu, own.CPUMinMS)
	}
}

// Add notes one hot run.
func (t *Time) Add(wallMS, cpuMS, serverMS float64) {
	t.HotMS, t.CPUMS = append(t.HotMS, wallMS), append(t.CPUMS, cpuMS)
	t.MinMS, t.MedianMS = slices.Min(t.HotMS), Median(t.HotMS)
	t.CPUMinMS, t.CPUMedianMS = slices.Min(t.CPUMS), Median(t.CPUMS)
	if t.ServerMinMS == 0 || serverMS < t.ServerMinMS {
		t.ServerMinMS = serverMS
	}
}
