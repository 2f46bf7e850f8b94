use leptos::prelude::*;

use crate::{
    billing::shown::{AdjustmentView, InvoiceState, InvoiceView},
    ui::{Badge, Icon, Panel, Row, Rows, Setting, Tone},
};

/// What was billed, and what went back.
#[component]
pub fn Invoices(invoices: Vec<InvoiceView>, adjustments: Vec<AdjustmentView>) -> impl IntoView {
    let list = if invoices.is_empty() {
        view! { <p class="sub">"There are none yet."</p> }.into_any()
    } else {
        let rows = invoices.into_iter().map(|invoice| view! { <Line invoice=invoice/> }).collect_view();
        view! {
            <div class="panel">
                <div class="table-scroll" role="region" aria-label="Table of invoices" tabindex="0">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"Number"</th>
                                <th scope="col">"Date"</th>
                                <th scope="col">"Status"</th>
                                <th scope="col" class="end">"Amount"</th>
                                <th scope="col" class="end">"Tax"</th>
                                <th scope="col"><span class="visually-hidden">"File"</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </div>
        }
        .into_any()
    };
    let back = (!adjustments.is_empty()).then(|| {
        let rows = adjustments
            .into_iter()
            .map(|one| {
                let sub = format!("{}, {}", one.date, one.status);
                view! { <Row title=one.what sub=sub><span class="num">{one.amount.to_string()}</span></Row> }
            })
            .collect_view();
        view! {
            <Panel title="Refunds and disputes">
                <Rows>{rows}</Rows>
            </Panel>
        }
    });
    view! {
        <Setting id="invoices" title="Invoices" intro="They stay here, also after a plan has ended.">
            {list}
            {back}
        </Setting>
    }
}

#[component]
fn Line(invoice: InvoiceView) -> impl IntoView {
    let tone = match invoice.state {
        InvoiceState::Paid => Tone::Ok,
        InvoiceState::Failed | InvoiceState::WrittenOff => Tone::Danger,
        InvoiceState::Open | InvoiceState::Unknown => Tone::Warn,
        InvoiceState::Refunded | InvoiceState::PartlyRefunded | InvoiceState::Void => Tone::Neutral,
    };
    let number = match invoice.page {
        Some(page) => view! { <a href=page rel="external">{invoice.number.clone()}</a> }.into_any(),
        None => invoice.number.clone().into_any(),
    };
    let file = invoice.pdf.map(|pdf| {
        let label = format!("Download {}", invoice.number);
        view! {
            <a class="button ghost square small" href=pdf rel="external" aria-label=label>
                <Icon name="download"/>
            </a>
        }
    });
    view! {
        <tr>
            <th scope="row">{number}</th>
            <td>{invoice.date}</td>
            <td><Badge tone=tone>{invoice.state.label()}</Badge></td>
            <td class="end">{invoice.total.to_string()}</td>
            <td class="end">{invoice.tax.to_string()}</td>
            <td class="end">{file}</td>
        </tr>
    }
}
