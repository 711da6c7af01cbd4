"""The kinds of objects that a request wants found in pictures."""

import pytest

from tests.drafting import stated
from trainerspec.drafting.fields.kinds_of_objects import kinds_of_objects
from trainerspec.drafting.reading.text import fold
from trainerspec.drafting.reading.vocabulary import vocabulary


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("Draw boxes around every cup and every plate on the canteen trays.", ["cup", "plate"]),
        ("find each nut, bolt and washer in the photo and give me coordinates", ["nut", "bolt", "washer"]),
        ("We need every crane, truck and worker in the frames located", ["crane", "truck", "worker"]),
        ("Hier sollen Glas, Papier und Blech jeweils mit einem Rahmen markiert werden", ["Glas", "Papier", "Blech"]),
        ("Auf Luftbildern Autos, Busse und Räder erkennen, je eine Box", ["Autos", "Busse", "Räder"]),
        ("Detectar cascos y chalecos en fotos de obra con recuadros", ["cascos", "chalecos"]),
        ("encadrer les bouteilles, les canettes et les briques; COCO", ["bouteilles", "canettes", "briques"]),
        ("boxes on dents. one class: dent, yolo labels", ["dent"]),
        ("Draw a box around each cow and count them.", None),
        ("the boxes are x, y, width and height", None),
        ("Detectar y contar personas en imágenes", None),
    ],
)  # fmt: skip
def test_kinds(said: str, kinds: list[str] | None) -> None:
    found = kinds_of_objects(fold(said), None, vocabulary())
    assert (list(found.values) if found else None) == kinds


def test_a_bound_of_one_kind_is_a_bound_of_its_own() -> None:
    made = stated.drafted(
        "Draw boxes around scissors and nail files in x-ray images, recall at least 0.9 for scissors."
    )
    assert stated.at(made.spec, "/task/labels") == ["scissors", "nail files"]
    assert stated.at(made.spec, "/objectives") == ["recall.scissors >= 0.9"]
