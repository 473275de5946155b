// Package contest runs the benchmark: it makes the data, has the engines load or attach it, compares their answers value by value,
// and only then measures them, in turn, so that whatever else the machine does meets all of them alike.
//
// Everything runs on the caller's goroutine; the engines are processes (bench/engine). Files lie in the folder that Config names.
package contest
