"""Drivers of databases: logins with the addresses that docs/services names."""

import json
import os
import re

import psycopg
import sqlalchemy

from checks import done, equal, scenario


def by_sqlalchemy(address, statements):
    engine = sqlalchemy.create_engine(address)
    try:
        with engine.begin() as connection:
            return [connection.execute(sqlalchemy.text(statement)) for statement in statements[:-1]], connection.execute(sqlalchemy.text(statements[-1])).scalar()
    finally:
        engine.dispose()


def by_psycopg(address, statements):
    with psycopg.connect(address) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return None, cursor.fetchone()[0]


def use(attempt):
    run = {"sqlalchemy": by_sqlalchemy, "psycopg": by_psycopg}[attempt["driver"]]
    table = attempt["table"]
    _, word = run(attempt["address"], ["CREATE TABLE %s (word VARCHAR(20))" % table, "INSERT INTO %s VALUES ('Grüße')" % table, "SELECT word FROM " + table])
    equal(word, "Grüße", "the word")
    run(attempt["address"], ["DROP TABLE " + table, "SELECT 1"])


def refused(attempt):
    try:
        use(attempt)
    except Exception as error:
        if not re.search(attempt["refused"], str(error)):
            raise
        return
    raise AssertionError("the login works")


with open(os.environ["SDK_CHECK_DATABASES"], encoding="utf-8") as file:
    for each in json.load(file):
        scenario(each["name"], refused if each["refused"] else use, each)
done()
