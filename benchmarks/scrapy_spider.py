"""The same harvest with Scrapy, for comparison: list pages, their initiatives, 12 fields, as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess

from benchmarks.site import FIELDS

SELECTORS = {
    "name": "h1.title::text",
    "summary": "div.chapo::text",
    "url": "a.website::attr(href)",
    "status": "article.initiative::attr(data-status)",
}


class Initiatives(scrapy.Spider):
    """Walks the made-up site as a person would have Scrapy do it."""

    name = "initiatives"

    def parse(self, response: Any) -> Iterator[Any]:
        """Follow each initiative of a list page, and the next list page."""
        for link in response.css("li.entry a::attr(href)").getall():
            yield response.follow(link, self.parse_initiative)
        following = response.css("a.next::attr(href)").get()
        if following:
            yield response.follow(following, self.parse)

    def parse_initiative(self, response: Any) -> Iterator[Any]:
        """Take the 12 fields of one initiative's page."""
        found = {field: response.css(SELECTORS.get(field, f"dd.{field}::text")).get() for field in FIELDS}
        yield {"record_url": response.url, **found}


def main() -> None:
    """Crawl the site at the first argument, and write JSON lines to the second."""
    site, target = sys.argv[1:3]
    process = CrawlerProcess(
        {
            "ROBOTSTXT_OBEY": True,
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "DOWNLOAD_DELAY": 0,
            "FEEDS": {target: {"format": "jsonlines", "overwrite": True}},
        }
    )
    process.crawl(Initiatives, start_urls=[f"{site}/list/0"])
    process.start()


if __name__ == "__main__":
    main()
