package web

// PageLength is how many lines a page of a list has.
const PageLength = 50

// CoursesPath is where courses are followed: a refusal for a course leads there.
const CoursesPath = "/formation"
