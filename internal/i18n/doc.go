// Package i18n is what Cloison says to people, in French (the original) and in English, and how each language writes
// numbers, dates and plurals.
//
// A phrase is found by a key and filled with parameters: {n} is replaced by the parameter n, written as its kind asks:
// a whole number as 1 600 000, a time.Time as 3 décembre 2025 à 14 h 05, text as it is. {t:date} and {t:time} write one
// half of a time. The zone is the time's own. A phrase with plural forms is an object of CLDR categories; the parameter
// n chooses.
//
// Both catalogues hold the same keys with the same parameters, and the French one obeys French typography: Check says
// where they do not, and a test asks it. A key that is missing is said as the key itself, so that nothing fails on a
// word.
package i18n
