from registrar.models.year_end import YearEndRehearsal, YearEndRow

__all__ = ["YearEndRehearsal", "YearEndRow"]
