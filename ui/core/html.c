#include "ui/core/html.h"

void html_add_text(GString *html, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append(html, escaped);
}

GString *html_begin(const char *title, const char *style)
{
    GString *html = g_string_new(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>");
    html_add_text(html, title);
    g_string_append_printf(
        html,
        "</title>\n<style>\n:root { color-scheme: light dark; }\n%s</style>\n</head>\n<body>\n",
        style);
    return html;
}
