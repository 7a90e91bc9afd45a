// Validates every Bundle of a folder against FHIR R4, with npm's `fhir`.
//
//   node validate_fhir.js PACKAGE FOLDER
//
// PACKAGE is where npm put `fhir`; its structure definitions and value sets of R4 are
// built in. Prints a list of findings as JSON: what the validator calls an error or a
// warning, and units whose code is not among the UCUM codes that R4 lists.

"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [packageFolder, folder] = process.argv.slice(2);
const { Fhir, ParseConformance, Versions } = require(packageFolder);

const parser = new ParseConformance(true, Versions.R4);
const fhir = new Fhir(parser);
const ucum = new Set(
  parser.parsedValueSets["http://hl7.org/fhir/ValueSet/ucum-common"].systems
    .flatMap((system) => system.codes)
    .map((known) => known.code),
);

// R4 binds some elements to a value set only as an example: any code will do there. Of
// some others (all of LOINC's kinds of documents) the package does not list the codes.
const examples = new Set();
function collectExamples(properties) {
  for (const property of properties || []) {
    if (property._valueSet && property._valueSetStrength === "example") {
      examples.add(property._valueSet.split("|")[0]);
    }
    collectExamples(property._properties);
  }
}
for (const definition of Object.values(parser.parsedStructureDefinitions)) {
  collectExamples(definition._properties);
}
const options = {
  errorOnUnexpected: true,
  beforeCheckCode: (valueSet) =>
    examples.has(valueSet) || !parser.parsedValueSets[valueSet],
};

function* unknownUnits(value) {
  if (value === null || typeof value !== "object") return;
  if (value.system === "http://unitsofmeasure.org" && !ucum.has(value.code)) {
    yield value.code;
  }
  for (const part of Object.values(value)) yield* unknownUnits(part);
}

const findings = [];
for (const file of fs.readdirSync(folder).sort()) {
  const bundle = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"));
  const result = fhir.validate(bundle, options);
  for (const { severity, location, resourceId, message } of result.messages) {
    if (severity !== "info") {
      findings.push({ file, severity, location, resourceId, message });
    }
  }
  for (const code of unknownUnits(bundle)) {
    findings.push({ file, severity: "error", message: `no UCUM code: ${code}` });
  }
}
process.stdout.write(JSON.stringify(findings));
