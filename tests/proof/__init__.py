"""Never pay twice, never lose a clip: the proof. `docs/guarantees.md` says what proves what."""
