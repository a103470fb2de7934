"""Parts of the checks of the family icl_examples."""
