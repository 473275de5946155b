package datagen

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// test is one of the codes: everything that a row takes from its code.
type test struct {
	code, name, specimen, unit, class, system string

	decimals  int
	mid       int64 // scaled by 10^decimals, as low and high
	low, high int64
	llow      int64  // below: LL
	hhigh     int64  // above: HH
	fields    []byte // "code,name,specimen," ready for a row
	limits    []byte // "unit,low,high," ready for a row
}

var analytes = [...]string{
	"Hemoglobin", "Glucose", "Sodium", "Potassium", "Creatinine", "Chloride", "Calcium", "Urea nitrogen", "Bilirubin.total", "Albumin",
	"Protein", "Alanine aminotransferase", "Aspartate aminotransferase", "Alkaline phosphatase", "Cholesterol", "Triglyceride", "Leukocytes",
	"Erythrocytes", "Platelets", "Hematocrit", "Neutrophils", "Lymphocytes", "Monocytes", "Eosinophils", "Basophils", "Magnesium", "Phosphate",
	"Iron", "Ferritin", "Transferrin", "Thyrotropin", "Thyroxine.free", "Cortisol", "Insulin", "C reactive protein", "Procalcitonin", "Lactate",
	"Lactate dehydrogenase", "Creatine kinase", "Troponin I.cardiac", "Natriuretic peptide.B", "Amylase", "Lipase", "Urate", "Bicarbonate",
	"Osmolality", "Ammonia", "Fibrinogen", "D-dimer", "Prothrombin", "Cobalamin", "Folate", "Calcidiol", "Parathyrin.intact", "Testosterone",
	"Estradiol", "Progesterone", "Prolactin", "Lutropin", "Follitropin", "Prostate specific Ag", "Carcinoembryonic Ag", "Cancer Ag 125",
	"Alpha-1-Fetoprotein", "IgG", "IgA", "IgM", "IgE", "Complement C3", "Complement C4", "Haptoglobin", "Ceruloplasmin", "Copper", "Zinc",
	"Lead", "Vancomycin", "Digoxin", "Phenytoin", "Valproate", "Lithium",
}

var (
	specimens  = [...]string{"Blood", "Serum", "Plasma", "Urine", "CSF"}
	properties = [...]string{"Mass/volume", "Moles/volume", "Units/volume", "Activity/volume"}
	units      = [...]string{"mg/dL", "mmol/L", "g/dL", "U/L", "ng/mL", "pg/mL", "umol/L", "10*3/uL", "%", "mIU/L"}
	classes    = [...]string{"CHEM", "HEM/BC", "COAG", "DRUG/TOX", "SERO", "ENDO", "UA", "MICRO"}
	systems    = [...]string{"Bld", "Ser", "Plas", "Ur", "CSF"}
	regions    = [...]string{"North", "South", "East", "West", "Centre", "Coast", "Highlands", "Islands"}
)

// makeTests returns the codes, most used first. (analyte, specimen) is different for every code, hence so is the name.
func makeTests() []test {
	tests := make([]test, Codes)
	for k := range tests {
		s := (k/len(analytes) + k) % len(specimens)
		h := mix(uint64(k) + 0x7e57)
		t := test{
			code: strconv.Itoa(10_000+13*k) + "-" + strconv.Itoa(7*k%10), specimen: specimens[s], system: systems[s],
			unit: units[h%uint64(len(units))], class: classes[(h>>8)%uint64(len(classes))], decimals: int((h >> 16) % 4),
		}
		t.name = fmt.Sprintf("%s [%s] in %s", analytes[k%len(analytes)], properties[(h>>24)%uint64(len(properties))], specimens[s])
		t.setRange(h >> 32)
		t.fields = []byte(t.code + "," + t.name + "," + t.specimen + ",")
		t.limits = append([]byte(t.unit), ',')
		t.limits = append(appendScaled(t.limits, t.low, t.decimals), ',')
		t.limits = append(appendScaled(t.limits, t.high, t.decimals), ',')
		tests[k] = t
	}
	return tests
}

// setRange picks the code's midpoint and its reference range of +-24 % around it: with the spread of quantiles, about half of
// all values lie inside.
func (t *test) setRange(h uint64) {
	least := [...]int64{40, 50, 100, 150}[t.decimals] // scaled: 40, 5.0, 1.00, 0.150
	t.mid = least + int64(h%uint64(least*14))
	t.low, t.high = t.mid*76/100, (t.mid*124+99)/100
	t.llow, t.hhigh = t.mid*52/100, t.mid*148/100
}

// hospitalID is the name of the i-th hospital.
func hospitalID(i int) string { return fmt.Sprintf("H%04d", i) }

// WriteHospitals writes the dimension table hospitals: id, name, region, beds of all 200.
func WriteHospitals(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "id,name,region,beds")
	kinds := [...]string{"General Hospital", "University Hospital", "Children's Hospital", "Clinic", "Medical Centre"}
	for i := range MaxHospitals {
		h := mix(uint64(i) + 0x4051)
		region := regions[h%uint64(len(regions))]
		beds := 40 + (MaxHospitals-i)*4 + int(h>>40%200)
		fmt.Fprintf(b, "%s,%s %s %d,%s,%d\n", hospitalID(i), region, kinds[(h>>8)%uint64(len(kinds))], i, region, beds)
	}
	return b.Flush()
}

// WriteTests writes the dimension table tests: code, name, class, system of all 400.
func WriteTests(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "code,name,class,system")
	for _, t := range makeTests() {
		fmt.Fprintf(b, "%s,%s,%s,%s\n", t.code, t.name, t.class, t.system)
	}
	return b.Flush()
}
