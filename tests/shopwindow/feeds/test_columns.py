"""Columns: other systems' names are read where ours are not there, and the id's column can be told."""

from shopwindow.feeds.columns import has_id, plain_name, read_fields, rename


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
