// What is shown of texts from outside, and where sentences end.
#include "ui/core/plain_text.h"
#include "ui/core/project.h"

#include <string.h>

static void test_one_line(void)
{
    static const struct {
        const char *raw, *shown;
    } cases[] = {
        {NULL, ""},
        {"cat.jpg", "cat.jpg"},
        {"Kätzchen 猫.jpg", "Kätzchen 猫.jpg"},
        {"a\033[31mred\007\r\n\tb\x7f", "a [31mred    b "},
        {"c1 \xc2\x9b\x31m", "c1  1m"},
        {"gpj.\xe2\x80\xaetac", "gpj. tac"},
        {"line\xe2\x80\xa8line", "line line"},
        {"broken \xff\xfe", "broken \xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = plain_text(cases[i].raw, TEXT_NAME);
        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
    g_autofree char *lines = plain_lines("a\033[1m\nb\tc");
    g_assert_cmpstr(lines, ==, "a [1m\nb c");
}

static void test_length(void)
{
    g_autofree char *five = plain_text("猫猫猫猫猫", 5);
    g_autofree char *six = plain_text("猫猫猫猫猫猫", 5);
    g_assert_cmpstr(five, ==, "猫猫猫猫猫");
    g_assert_cmpstr(six, ==, "猫猫猫猫猫…");
    g_autofree char *long_text = g_strnfill(300000, 'a');
    g_autofree char *name = plain_text(long_text, TEXT_NAME);
    g_autofree char *sentence = plain_sentence(long_text);
    g_autofree char *lines = plain_lines(long_text);
    g_assert_cmpint(g_utf8_strlen(name, -1), ==, TEXT_NAME + 1);
    g_assert_cmpuint(strlen(sentence), ==, TEXT_SENTENCE);
    g_assert_cmpuint(strlen(lines), ==, 300000);
}

struct heard {
    int messages, changes;
    char *last;
};

static void message_cb(TinctureProject *project, int kind, const char *text, void *data)
{
    struct heard *h = data;
    h->messages++;
    g_free(h->last);
    h->last = g_strdup(text);
}

static void changed_cb(TinctureProject *project, guint parts, void *data)
{
    ((struct heard *)data)->changes += (parts & DOCUMENT_PROMPTS) != 0;
}

// Each that is too long is told of, and whoever shows it is told to show what was kept: also where
// that is what was there before.
static void test_sentences(void)
{
    struct heard h = {0};
    TinctureProject *p = tincture_project_new();
    g_signal_connect(p, "message", G_CALLBACK(message_cb), &h);
    g_signal_connect(p, "document-changed", G_CALLBACK(changed_cb), &h);
    g_autofree char *fits = g_strnfill(TEXT_SENTENCE, 'a');
    g_autofree char *too_long = g_strnfill(300000, 'a');
    tincture_project_set_source_prompt(p, fits);
    g_assert_cmpint(h.messages, ==, 0);
    g_assert_cmpint(h.changes, ==, 1);
    tincture_project_set_source_prompt(p, too_long);
    g_assert_cmpint(h.messages, ==, 1);
    g_assert_cmpint(h.changes, ==, 2);
    g_assert_nonnull(strstr(h.last, "2000"));
    g_assert_cmpstr(p->document.source_prompt, ==, fits);
    tincture_project_set_prompt(p, too_long);
    tincture_project_set_negative(p, too_long);
    g_assert_cmpint(h.messages, ==, 3);
    g_assert_cmpstr(p->document.prompt, ==, fits);
    g_assert_cmpstr(p->document.negative, ==, fits);
    tincture_project_say(p, MESSAGE_ERROR, "%s: %s", "\033[2J", too_long);
    g_assert_cmpint(g_utf8_strlen(h.last, -1), ==, TEXT_MESSAGE + 1);
    g_assert_null(strchr(h.last, '\033'));
    g_free(h.last);
    g_object_unref(p);
}

// What a library of before holds, or one from elsewhere.
static void test_documents(void)
{
    g_autofree char *too_long = g_strnfill(300000, 'a');
    g_autofree char *json =
        g_strdup_printf("{\"prompt\":\"%s\",\"negative\":\"a\\u001bb\"}", too_long);
    struct document d;
    document_init(&d);
    document_from_json(&d, json);
    g_assert_cmpuint(strlen(d.prompt), ==, TEXT_SENTENCE);
    g_assert_cmpstr(d.negative, ==, "a b");
    document_clear(&d);
    g_autoptr(TinctureAdapterEntry) adapter = tincture_adapter_entry_new(1, too_long, "");
    g_autoptr(TinctureResultEntry) result = tincture_result_entry_new(1, too_long);
    g_assert_cmpint(g_utf8_strlen(adapter->name, -1), ==, TEXT_NAME + 1);
    g_assert_cmpint(g_utf8_strlen(result->prompt, -1), ==, TEXT_MESSAGE + 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plain-text/one-line", test_one_line);
    g_test_add_func("/plain-text/length", test_length);
    g_test_add_func("/plain-text/sentences", test_sentences);
    g_test_add_func("/plain-text/documents", test_documents);
    return g_test_run();
}
