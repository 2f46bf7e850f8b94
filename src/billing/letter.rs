//! The letters about money.

use time::{OffsetDateTime, macros::format_description};
use url::Url;

use super::model::Period;
use crate::{
    kit::{id::TeamId, money::Money},
    platform::mail::{Content, Letter, MailError},
};

/// What is told.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// A plan has begun.
    Started {
        plan: &'a str,
        period: Period,
        seats: i32,
        /// For a whole period, without tax and discounts.
        amount: Option<Money>,
        renews: OffsetDateTime,
        /// There while nothing is paid yet.
        trial_ends: Option<OffsetDateTime>,
    },
    /// An invoice was paid.
    Receipt { number: &'a str, amount: Money, tax: Option<Money>, page: Option<&'a str> },
    /// It could not be taken from the card.
    Failed { amount: Money, page: Option<&'a str>, again: Option<OffsetDateTime> },
    /// The owner of the card has to confirm the payment.
    Confirm { amount: Money, page: Option<&'a str> },
    /// A trial ends soon.
    TrialEnds { plan: &'a str, period: Period, amount: Option<Money>, ends: OffsetDateTime },
    /// Somebody had bought a second time.
    Double { refunded: Option<Money> },
    /// Money went back.
    Refunded { amount: Money },
    /// The team has the free plan again.
    Ended { plan: &'a str },
}

struct Said {
    template: &'static str,
    subject: String,
    paragraphs: Vec<String>,
    button: (&'static str, Option<String>),
}

fn words(told: &Told<'_>) -> Said {
    let said = |template, subject: String, paragraphs: &[String], button: &'static str| Said {
        template,
        subject,
        paragraphs: paragraphs.to_vec(),
        button: (button, None),
    };
    match *told {
        Told::Started { plan, period, seats, amount, renews, trial_ends } => {
            let seats = if seats == 1 { String::new() } else { format!(", for {seats} seats") };
            let price = amount.map(|amount| format!("{amount} a {}", period.noun()));
            let price = price.unwrap_or_else(|| format!("paid by the {}", period.noun()));
            let then = match trial_ends {
                Some(ends) => {
                    format!("Nothing is charged until {}: then the trial ends and the plan begins.", day(ends))
                }
                None => format!("It renews on {}, unless you cancel it before.", day(renews)),
            };
            let begun = format!("Your plan {plan} has begun: {price}{seats}, plus tax where there is any.");
            said("billing_started", format!("Your Aura plan {plan} has begun"), &[begun, then], "Look at your plan")
        }
        Told::Receipt { number, amount, tax, page } => {
            let tax = tax.map(|tax| format!(", of which {tax} is tax")).unwrap_or_default();
            let paid = format!("Thank you. We have received {amount}{tax}, for the invoice {number}.");
            let mut said = said("billing_receipt", format!("Your Aura receipt {number}"), &[paid], "Open the invoice");
            said.button.1 = page.map(str::to_owned);
            said
        }
        Told::Failed { amount, page, again } => {
            let failed =
                format!("We could not take {amount} from your card. Your plan stays for now, so nobody is locked out.");
            let next = match again {
                Some(at) => format!("We try again on {}. Until then you can pay with another card.", day(at)),
                None => "We do not try again by ourselves. Pay with another card to keep your plan.".to_owned(),
            };
            let mut said = said("billing_failed", "A payment for Aura failed".to_owned(), &[failed, next], "Pay now");
            said.button.1 = page.map(str::to_owned);
            said
        }
        Told::Confirm { amount, page } => {
            let asked = format!("Your bank wants you to confirm the payment of {amount}. Your plan stays for now.");
            let mut said = said(
                "billing_confirm",
                "Confirm a payment for Aura".to_owned(),
                &[asked, "That takes a minute, on the page of the invoice.".to_owned()],
                "Confirm the payment",
            );
            said.button.1 = page.map(str::to_owned);
            said
        }
        Told::TrialEnds { plan, period, amount, ends } => {
            let price = amount
                .map(|amount| format!(" We then charge {amount} a {}, plus tax where there is any.", period.noun()));
            let ending = format!("Your trial of the plan {plan} ends on {}.{}", day(ends), price.unwrap_or_default());
            let stop = "If you do not want that, cancel before; you keep the plan until the trial ends.".to_owned();
            said(
                "billing_trial_ends",
                format!("Your trial of {plan} ends on {}", day(ends)),
                &[ending, stop],
                "Look at your plan",
            )
        }
        Told::Double { refunded } => {
            let closed =
                "The same team was paid for twice. The first plan stays as it is, and we have closed the second one.";
            let money = refunded.map_or_else(
                || "Nothing was charged for it.".to_owned(),
                |amount| {
                    format!("The {amount} paid for it go back to where they came from; that takes your bank some days.")
                },
            );
            said(
                "billing_double",
                "A second Aura plan was closed".to_owned(),
                &[closed.to_owned(), money],
                "Look at your plan",
            )
        }
        Told::Refunded { amount } => said(
            "billing_refunded",
            format!("{amount} go back to you"),
            &[format!("We have sent {amount} back to where they came from. That takes your bank some days.")],
            "Look at your invoices",
        ),
        Told::Ended { plan } => said(
            "billing_ended",
            format!("Your Aura plan {plan} has ended"),
            &[
                format!("The plan {plan} is over, and the free plan takes its place."),
                "Nothing is removed: whatever is beyond the limits of the free plan stays and can be read.".to_owned(),
            ],
            "Choose a plan",
        ),
    }
}

/// The same as the app tells it: a title and a sentence.
pub fn in_app(told: &Told<'_>) -> (String, String) {
    let Said { subject, paragraphs, .. } = words(told);
    (subject, paragraphs.into_iter().next().unwrap_or_default())
}

/// The letter about it, to the owner of the team; `name` where it is not their personal one.
pub fn about_money(told: &Told<'_>, team: TeamId, name: Option<&str>, public_url: &Url) -> Result<Letter, MailError> {
    let Said { template, subject, mut paragraphs, button } = words(told);
    if let Some(name) = name {
        paragraphs.insert(0, format!("This is about the team «{name}»."));
    }
    let mut ours = public_url.clone();
    ours.set_path("/billing");
    ours.set_query(Some(&format!("team={team}")));
    let address = button.1.unwrap_or_else(|| ours.to_string());
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    let content = Content {
        title: &subject,
        paragraphs: &paragraphs,
        code: None,
        button: Some((button.0, &address)),
        footer: "You get this mail because you own the team whose plan it is about.",
    };
    Letter::compose(template, &subject, &content)
}

fn day(at: OffsetDateTime) -> String {
    at.format(format_description!("[day padding:none] [month repr:long] [year]")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn letter(told: &Told<'_>, name: Option<&str>) -> Letter {
        let url = Url::parse("https://aura.example").unwrap();
        about_money(told, TeamId::from(uuid::Uuid::nil()), name, &url).unwrap()
    }

    #[test]
    fn amounts_and_days_stand_as_people_write_them() {
        let yen = Money::new(1_800, "jpy".parse().unwrap());
        let started = Told::Started {
            plan: "Team",
            period: Period::Yearly,
            seats: 3,
            amount: Some(yen),
            renews: datetime!(2027-03-12 12:00 UTC),
            trial_ends: None,
        };
        let text = letter(&started, Some("The <b>Band</b>")).text;
        assert!(text.contains("¥1,800 a year, for 3 seats") && text.contains("It renews on 12 March 2027"), "{text}");
        assert!(
            text.contains("«The <b>Band</b>»") && text.contains("https://aura.example/billing?team=00000000"),
            "{text}"
        );
        assert!(!letter(&started, Some("The <b>Band</b>")).html.contains("<b>Band"));
        let dinars = Money::new(5_250, "kwd".parse().unwrap());
        let receipt =
            Told::Receipt { number: "A-1", amount: dinars, tax: None, page: Some("https://invoice.example/1") };
        let text = letter(&receipt, None).text;
        assert!(text.contains("5.250, for the invoice A-1") && text.contains("https://invoice.example/1"), "{text}");
        assert!(!text.contains("/billing"), "{text}");
    }
}
