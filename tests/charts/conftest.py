"""A rich attack to draw; tests replace what they are about."""

import pytest

from capleak.charts import (
    HYPOTENSION,
    AttackChart,
    Band,
    MarkRow,
    Series,
    SymptomRow,
)


@pytest.fixture
def attack() -> AttackChart:
    return AttackChart(
        title="Attack 4 of 5 · 14 March 2024",
        desc="Systolic pressure fell to 72 mmHg; hematocrit rose to 61 %.",
        day0_label="Days from leak onset (14 March 2024, 06:00)",
        bands=(
            Band("prodrome", -2.2, 0, "Prodrome · 2.2 d", soft_start=True),
            Band("leak", 0, 2.4, "Leak · 2.4 d"),
            Band("recovery", 2.4, 6.5, "Recovery · ongoing", soft_end=True),
        ),
        symptoms=(
            SymptomRow("Fatigue", ((-3, 1), (-2, 2), (-1, 2), (0, 3), (1, 3), (6, 0))),
            SymptomRow("Swelling, arms or legs", ((0, None), (1, 3), (2, 3), (4, 1))),
        ),
        marks=(
            MarkRow("Infusion", "infusion", (-2.8,)),
            MarkRow("IV fluids", "treatment", (0.2, 0.9)),
        ),
        systolic=Series(
            "Systolic",
            "mmHg",
            ((-3, 124), (-1, 112), (0, 84), (0.3, 72), (2, 94), (4, 118), (6, 124)),
            usual=122,
            thresholds=(HYPOTENSION,),
        ),
        diastolic=Series("Diastolic", "mmHg", ((-3, 77), (0, 52), (0.3, 45), (2, 58))),
        pulse=Series("Pulse", "per minute", ((-3, 72), (0, 118), (0.3, 132), (2, 104))),
        hematocrit=Series("Hematocrit", "%", ((0, 50), (1, 61), (2, 52))),
        hemoglobin=Series("Hemoglobin", "g/dL", ((0, 17), (1, 20.2))),
        albumin=Series("Albumin", "g/dL", ((0, 3.4), (1, 1.9), (2, 2.2))),
        weight=Series("Weight", "kg", ((-3, 78), (1, 83), (2, 86), (3, 85))),
        urine=Series("Urine", "mL a day", ((0, 300), (1, 150), (2, 900))),
    )
