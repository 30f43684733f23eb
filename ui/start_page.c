#include "ui/start_page.h"

#include "compute/i18n.h"
#include "ui/samples.h"
#include "ui/widgets/thumb.h"

#define SAMPLE_WIDTH  126 // two rows of five on a screen of 1024 x 600
#define SAMPLE_HEIGHT 84

struct _TinctureStartPage {
    AdwBin parent_instance;

    // template widgets
    GtkWidget *samples_box;
    GtkFlowBox *samples;
};

enum { OPEN, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureStartPage, tincture_start_page, ADW_TYPE_BIN)

static void card_clicked_cb(GtkButton *card, TinctureStartPage *self)
{
    g_signal_emit(self, signals[OPEN], 0, g_object_get_data(G_OBJECT(card), "path"),
                  g_object_get_data(G_OBJECT(card), "caption"));
}

static void add_card(TinctureStartPage *self, const struct sample *sample)
{
    GtkWidget *thumb = tincture_thumb_new(NULL, SAMPLE_WIDTH, SAMPLE_HEIGHT);
    GtkWidget *card = gtk_button_new();
    g_autofree char *label = g_strdup_printf(_("Open the sample “%s”"), sample->title);
    gtk_widget_set_overflow(card, GTK_OVERFLOW_HIDDEN);
    gtk_widget_add_css_class(card, "card");
    gtk_widget_add_css_class(card, "sample-card");
    gtk_widget_set_tooltip_text(card, sample->title);
    gtk_accessible_update_property(GTK_ACCESSIBLE(card), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
    gtk_button_set_child(GTK_BUTTON(card), thumb);
    g_object_set_data_full(G_OBJECT(card), "path", g_strdup(sample->path), g_free);
    g_object_set_data_full(G_OBJECT(card), "caption", g_strdup(sample->caption), g_free);
    g_signal_connect(card, "clicked", G_CALLBACK(card_clicked_cb), self);
    gtk_flow_box_append(self->samples, card);
    gtk_widget_set_focusable(gtk_widget_get_parent(card), FALSE); // the card itself is the stop
    tincture_thumb_load(TINCTURE_THUMB(thumb), sample->path);
}

static void load_samples(TinctureStartPage *self)
{
    g_autoptr(GPtrArray) samples = samples_load();
    for (guint i = 0; i < samples->len; i++) {
        add_card(self, samples->pdata[i]);
    }
    gtk_widget_set_visible(self->samples_box, samples->len > 0);
}

static void tincture_start_page_dispose(GObject *object)
{
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_START_PAGE);
    G_OBJECT_CLASS(tincture_start_page_parent_class)->dispose(object);
}

static void tincture_start_page_class_init(TinctureStartPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_start_page_dispose;
    signals[OPEN] = g_signal_new("open", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/start_page.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureStartPage, samples);
    gtk_widget_class_bind_template_child(widget_class, TinctureStartPage, samples_box);
}

static void tincture_start_page_init(TinctureStartPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    load_samples(self);
}
