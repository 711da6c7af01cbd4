"""Files of separated values (CSV, TSV, and what is called so): how they are written, and their records."""
