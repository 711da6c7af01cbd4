"""The frozen records that pass between the passes: source, document, spec, facts, decision, plan, project."""
