"""Columns: other systems' names are read where ours are not there, and the id's column can be told."""

from models.catalog.feed.columns import FieldNaming, has_id, meant_by, misspelt, plain_name, read_fields, rename


def test_names_are_plain_whatever_their_case_spaces_and_prefix() -> None:
    names = [
        " ID",
        "Product Type",
        "g:image_link",
        "salePriceEffectiveDate",
        "In stock?",
        "\ufeffsku",
        "Attribute 1 value(s)",
    ]
    assert [plain_name(name) for name in names] == [
        *("id", "product_type", "image_link", "sale_price_effective_date", "in_stock", "sku", "attribute_1_value_s")
    ]


def test_another_systems_name_counts_where_ours_is_not_there() -> None:
    assert rename(["sku", "name", "url", "colour", "weight"]) == {
        "sku": "id",
        "name": "title",
        "url": "link",
        "colour": "color",
        "weight": "weight",
    }
    assert rename(["id", "sku", "title", "name"]) == {"id": "id", "sku": "sku", "title": "title", "name": "name"}
    assert rename(["item_id", "sku"])["sku"] == "sku"
    assert plain_name("google_product_category") == plain_name("g:google_product_category") == "google_product_category"


def test_a_column_can_be_told_to_be_the_id() -> None:
    assert rename(["id", "sku", "title"], "SKU") == {"sku": "id", "title": "title"}


def test_a_products_fields_are_those_it_is_asked_for() -> None:
    assert {"id", "title", "sale_price_effective_date", "adult", "item_group_id", "custom_label_4"} <= read_fields()
    assert "colour_of_the_sky" not in read_fields()
    assert has_id(["variant_sku"])
    assert not has_id(["title", "price"])


def test_each_object_goes_by_the_names_it_has_something_in() -> None:
    objects = [{"id": "a", "title": "A", "parent": 0}, {"id": "b", "title": "", "Name": "B", "sku": "s", "parent": 5}]
    naming = FieldNaming.from_objects(objects)
    assert [naming.under_our_names(fields) for fields in objects] == [
        {"id": "a", "title": "A"},
        {"id": "b", "title": "B", "sku": "s", "item_group_id": 5},
    ]
    assert naming.read == {"id", "title", "name", "parent"}


def test_an_id_comes_from_one_name_alone() -> None:
    assert FieldNaming.from_objects([{"sku": "s"}]).under_our_names({"sku": "s"}) == {"id": "s"}
    assert FieldNaming.from_objects([{"sku": "s"}, {"itemId": 5}]).under_our_names({"sku": "s"}) == {"sku": "s"}
    told = FieldNaming.from_objects([{"id": "a", "ean": 1}], "EAN")
    assert told.under_our_names({"id": "a", "ean": 1}) == {"id": 1}


def test_a_slip_is_taken_for_the_name_it_is_most_like() -> None:
    assert [meant_by(name) for name in ("pirce", "imagelink", "titel_", "sku", "tax_class")] == [
        *("price", "image_link", "title", "", ""),
    ]
    assert misspelt(["pirce", "colr", "weight"], ["item_id", "color"]) == {"pirce": "price"}
