-- Give back the memory of the pass.
DROP TABLE IF EXISTS staged_document;
DROP TABLE IF EXISTS reading;
DROP TABLE IF EXISTS fresh;
DROP TABLE IF EXISTS tally;
