"""Other people's models of tables, on the rows of a project, each as its documentation advises.

    python table_peers.py FOLDER label|value SIDE...

FOLDER has train, validation and test.parquet. Each side writes FOLDER/SIDE.npz: `answers` for the test rows
(probabilities, with `classes`, or numbers), and in seconds `fit` and `row`, what one row takes. Boosting stops early on
the validation rows; AutoGluon, HistGradientBoosting and the linear model get training and validation rows together.
Needs pandas, pyarrow, and what is asked for of autogluon.tabular, catboost, lightgbm, xgboost-cpu, scikit-learn.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROUNDS, RATE, PATIENCE, SEED = 2000, 0.05, 60, 0
LOOKED_AT = 50
"""Rows that are asked for one by one."""
Frames = dict[str, pd.DataFrame]
Answer = Callable[[pd.DataFrame], Any]


def read(folder: Path, kind: str) -> tuple[Frames, list[str]]:
    """Return the splits, texts as categories of the rows that are learnt from, and the names of those columns."""
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "validation", "test")}
    away = ["id", "key", "group"]
    frames = {name: one.drop(columns=[c for c in away if c in one]) for name, one in frames.items()}
    known = pd.concat([frames["train"], frames["validation"]])
    texts = []
    for column in known.columns.drop(kind):
        if pd.api.types.is_datetime64_any_dtype(known[column]):
            for one in frames.values():
                one[column] = one[column].astype("int64") / 8.64e13
        elif pd.api.types.is_numeric_dtype(known[column]) and known[column].dtype != bool:
            for one in frames.values():
                one[column] = one[column].astype(float)
        else:
            texts.append(column)
            values = sorted(known[column].dropna().astype(str).unique())
            for one in frames.values():
                texted = one[column].astype(str).where(one[column].notna())
                one[column] = pd.Categorical(texted, categories=values)
    return frames, texts


def boosted(kind: str, frames: Frames, texts: list[str], side: str) -> Answer:
    """Fit CatBoost, LightGBM or XGBoost with early stopping on the validation rows."""
    if side == "catboost":
        from catboost import CatBoostClassifier, CatBoostRegressor

        def plain(frame: pd.DataFrame) -> pd.DataFrame:
            return frame.assign(**{one: frame[one].astype(object).fillna("") for one in texts})

        made = CatBoostClassifier if kind == "label" else CatBoostRegressor
        quiet = {"verbose": 0, "allow_writing_files": False}
        model = made(iterations=ROUNDS, random_seed=SEED, thread_count=1, cat_features=texts, **quiet)
        seen, held = plain(frames["train"].drop(columns=kind)), plain(frames["validation"].drop(columns=kind))
        model.fit(
            seen,
            frames["train"][kind],
            eval_set=(held, frames["validation"][kind]),
            early_stopping_rounds=PATIENCE,
        )
        asked = model.predict_proba if kind == "label" else model.predict
        classes = model.classes_ if kind == "label" else None  # a regressor has an empty list of them
        return lambda frame: (asked(plain(frame)), classes)
    truth = {name: frames[name][kind].to_numpy() for name in ("train", "validation")}
    classes = np.unique(truth["train"]) if kind == "label" else None
    if classes is not None:  # a class that training lacks cannot be judged by early stopping
        frames = {**frames, "validation": frames["validation"][np.isin(truth["validation"], classes)]}
        truth = {name: np.searchsorted(classes, frames[name][kind].to_numpy()) for name in truth}
    seen, held = frames["train"].drop(columns=kind), frames["validation"].drop(columns=kind)
    if side == "lightgbm":
        import lightgbm

        made = lightgbm.LGBMClassifier if kind == "label" else lightgbm.LGBMRegressor
        model = made(n_estimators=ROUNDS, learning_rate=RATE, random_state=SEED, n_jobs=1, verbose=-1)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        model.fit(seen, truth["train"], eval_X=held, eval_y=truth["validation"], callbacks=[stop])
    else:
        import xgboost

        made = xgboost.XGBClassifier if kind == "label" else xgboost.XGBRegressor
        options = {"n_estimators": ROUNDS, "learning_rate": RATE, "random_state": SEED, "n_jobs": 1}
        model = made(**options, enable_categorical=True, early_stopping_rounds=PATIENCE)
        model.fit(seen, truth["train"], eval_set=[(held, truth["validation"])], verbose=False)
    asked = model.predict_proba if kind == "label" else model.predict
    return lambda frame: (asked(frame), classes)


def scikit(kind: str, frames: Frames, texts: list[str], side: str) -> Answer:
    """Fit HistGradientBoosting, or a linear model of scaled numbers and a column a category, on all rows but test."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    known = pd.concat([frames["train"], frames["validation"]])
    seen = known.drop(columns=kind)
    if side == "hist-gradient-boosting":
        made = HistGradientBoostingClassifier if kind == "label" else HistGradientBoostingRegressor
        model = made(categorical_features=texts, random_state=SEED)
    else:
        numbers = [one for one in seen.columns if one not in texts]
        coded = make_pipeline(SimpleImputer(strategy="constant", fill_value=""), OneHotEncoder(handle_unknown="ignore"))
        scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        columns = ColumnTransformer([("numbers", scaled, numbers), ("texts", coded, texts)])
        model = make_pipeline(columns, LogisticRegression(max_iter=2000) if kind == "label" else Ridge())
        seen = seen.astype(dict.fromkeys(texts, object))
    model.fit(seen, known[kind])
    asked = model.predict_proba if kind == "label" else model.predict
    kinds: dict[str, Any] = {} if side == "hist-gradient-boosting" else dict.fromkeys(texts, object)
    return lambda frame: (asked(frame.astype(kinds)), getattr(model, "classes_", None))


def autogluon(kind: str, frames: Frames, folder: Path) -> Answer:
    """Fit AutoGluon's `medium_quality` on training and validation rows; it holds out its own part of them."""
    from autogluon.tabular import TabularPredictor

    metric = "log_loss" if kind == "label" else "root_mean_squared_error"
    model = TabularPredictor(label=kind, eval_metric=metric, path=str(folder / "autogluon"), verbosity=0)
    known = pd.concat([frames["train"], frames["validation"]])
    model.fit(known, presets="medium_quality", num_cpus=1, num_gpus=0)

    def answer(frame: pd.DataFrame) -> tuple[Any, Any]:
        if kind == "value":
            return model.predict(frame).to_numpy(), None
        found = model.predict_proba(frame)
        return found.to_numpy(), found.columns.to_numpy()

    return answer


def main() -> None:
    """Fit the sides that the command line names."""
    folder, kind, *sides = Path(sys.argv[1]), *sys.argv[2:]
    for side in sides:
        frames, texts = read(folder, kind)
        began = time.process_time()
        if side == "autogluon":
            answer = autogluon(kind, frames, folder)
        elif side in ("catboost", "lightgbm", "xgboost"):
            answer = boosted(kind, frames, texts, side)
        else:
            answer = scikit(kind, frames, texts, side)
        fit, asked = time.process_time() - began, frames["test"].drop(columns=kind)
        answers, classes = answer(asked)
        times = []
        for place in range(min(LOOKED_AT, len(asked))):
            start = time.perf_counter()
            answer(asked.iloc[place : place + 1])
            times.append(time.perf_counter() - start)
        kept = {"answers": answers, "fit": fit, "row": float(np.median(times))}
        np.savez(folder / f"{side}.npz", **kept, **({} if classes is None else {"classes": classes.astype(str)}))


if __name__ == "__main__":
    main()
