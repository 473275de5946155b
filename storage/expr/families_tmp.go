package expr

func mathFunctions() []*function         { return nil }
func textFunctions() []*function         { return nil }
func textSearchFunctions() []*function   { return nil }
func patternFunctions() []*function      { return nil }
func timePartFunctions() []*function     { return nil }
func timeFunctions() []*function         { return nil }
func timeTextFunctions() []*function     { return nil }
func hashFunctions() []*function         { return nil }
func jsonFunctions() []*function         { return nil }
func likePrefix(s string) (string, bool) { return "", false }
