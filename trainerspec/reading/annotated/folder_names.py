"""What folders and files of masks are called, and those of the pictures beside them."""

FOLDERS = frozenset(
    {
        *(
            "mask",
            "masks",
            "annotation",
            "annotations",
            "label",
            "labels",
            "labelmap",
            "labelmaps",
            "segmap",
            "segmaps",
        ),
        *("segmentation", "segmentations", "segmentationclass", "segmentation_masks", "gt", "gtfine", "groundtruth"),
        *("ground_truth", "annotated", "targets", "manual", "trimaps"),
    }
)
"""What folders of masks are called."""
SHOWN = frozenset(
    {"image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "jpegimages", "input", "inputs"}
    | {"original", "originals", "leftimg8bit", "raw", "frames", "data"}
)
"""What folders of the pictures beside them are called."""
ENDINGS = ("mask", "masks", "seg", "segmentation", "label", "labels", "gt", "labelids", "l", "m", "anno", "matte")
ENDED = ("image", "img", "leftimg8bit", "sat", "rgb")
"""What stands behind the name that a mask and its picture share."""
