"""Pure functions that turn values into styled lines; they import no Textual."""
