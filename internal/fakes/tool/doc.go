// Package tool is the case-file tool that Cloison guards in the demo and the tests, and the victim of the unprotected
// run.
//
// It is a real HTTP JSON service over a synthetic network, with the flaw of the real ones: it trusts whoever reaches
// it, and every file of the country is one request away. The flaw is the point; do not mend it here.
//
//	GET  /api/recherche?nom=&commune=&page=    resultats[] of id, nom, prenom, naissance, commune; total, page, pages
//	GET  /api/dossiers/{id}                    one file
//	GET  /api/nir/{nir}                        the same file, looked up by NIR
//	GET  /api/portefeuille?agent=SUB&page=     resultats[] as in a search: the persons that an agent accompanies
//	POST /api/dossiers/{id}/notes              {"texte": …} adds a note; answers how many there are
//	POST /api/portefeuille/transfert           {"agent": SUB, "persons": [id…]} moves files into a caseload
//	GET  /api/flux/portefeuilles.jsonl         those moves, as `cloison import caseload` reads them
//
// Errors are problems of RFC 9457 in French. A page at / lets a person try it, directly or through Cloison, whose
// withheld rows and refusals it shows.
//
// The tool counts exactly what it served, to whom, so that a drill can compare it with Cloison's rows (Served); and it
// can be told to answer badly (Options.Fault), so that tests can see what Cloison does of such answers, which are not
// counted. mapping.yaml is what Cloison has to know of it.
package tool
