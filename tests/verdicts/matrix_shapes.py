"""Whether a planted case is what the table says it is, by the live figures in its snapshots and not by any verdict."""
import matrix_cases

_SETTLED_AFTER = 5   # snapshots; what comes later differs little from the last one
_LITTLE = 0.05       # of the largest figure
_EVERYDAY_BYTES = 8 << 10  # what a broker's own buffers and tables may grow by, once, while its load stays the same


def figures(snapshots, planted, rows_of):
    """The planted function's live figure in each snapshot; the whole process's if the program is not ours."""
    return [sum(row["value"] for row in rows_of(file, planted.by)
                if planted.is_of(row)) for file in snapshots]


def fault(values, planted):
    """Why these figures are not of the shape that the table says, or None."""
    steps = [after - before for before, after in zip(values, values[1:])]
    allowance = max(_LITTLE * max(values), _EVERYDAY_BYTES if planted.by == "inuse_space" and not planted.function else 0)
    late = values[_SETTLED_AFTER:]
    is_so = {matrix_cases.STEADY: all(step > 0 for step in steps),
             matrix_cases.DOUBLES: values[-1] > values[0] and all(step >= 0 for step in steps),
             matrix_cases.SHRINKS: all(step < 0 for step in steps),
             matrix_cases.SETTLES: not late or max(late) - min(late) <= allowance,
             matrix_cases.VARIES: any(step > 0 for step in steps) and (any(step < 0 for step in steps) or len(steps) < _SETTLED_AFTER)}
    if is_so[planted.shape]:
        return None
    return f"{planted.function or 'the whole'} should be what {planted.shape}, by {planted.by}: {values}"
