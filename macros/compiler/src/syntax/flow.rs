//! Flows: expressions over values.

use super::ast::{BinaryOp, Body, Call, Element, Expr, ExprKind, If, Item, Let, Pattern, Statement, Term, TermKind, UnaryOp};
use super::{Errors, attributes, here, items, messages, recover, slips, stage, term};
use proc_macro2::extra::DelimSpan;
use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Result, Token, braced, parenthesized, token};

/// `{ statements; result }`
pub fn body(input: ParseStream<'_>, errors: &mut Errors) -> Result<Body> {
    let content;
    let braces = braced!(content in input).span;
    Ok(statements(&content, braces, errors))
}

fn statements(content: ParseStream<'_>, braces: DelimSpan, errors: &mut Errors) -> Body {
    let mut body = Body { statements: Vec::new(), result: None, span: braces.join() };
    let mut failed = false;
    if content.is_empty() {
        errors.push(syn::Error::new(braces.close(), messages::EMPTY_BODY));
        failed = true;
    }
    while !content.is_empty() {
        if body.result.is_some() {
            // Something stands behind the result; say so once.
            if !failed {
                errors.push(here(content, messages::AFTER_RESULT));
            }
            recover::drain(content);
            break;
        }
        match statement(content, &mut body, errors) {
            Ok(()) => {}
            Err(error) => {
                errors.push(error);
                failed = true;
                recover::past_semicolon(content);
            }
        }
    }
    if body.result.is_none() && !failed {
        errors.push(syn::Error::new(braces.close(), messages::NO_RESULT));
    }
    body
}

fn statement(content: ParseStream<'_>, body: &mut Body, errors: &mut Errors) -> Result<()> {
    let at = content.span();
    let nets = errors.nets.len();
    let outer = attributes::outer(content)?;
    if let Some(read) = items::peek_item(content) {
        errors.keep(outer.none(messages::ITEM_ATTRIBUTE));
        let item = read(content, errors)?;
        if outer.absent {
            errors.nets.truncate(nets);
        } else {
            body.statements.extend(item.map(Statement::Item));
        }
        return Ok(());
    }
    if content.peek(Token![;]) {
        errors.slip(here(content, messages::STRAY_SEMICOLON));
        content.parse::<Token![;]>()?;
        return Ok(());
    }
    if content.peek(Token![let]) {
        errors.keep(outer.none(messages::LET_ATTRIBUTE));
        content.parse::<Token![let]>()?;
        if content.peek(Token![mut]) {
            return Err(here(content, messages::LET_MUT));
        }
        let pattern = pattern(content)?;
        if content.peek(Token![:]) {
            return Err(here(content, messages::LET_TYPE));
        }
        content.parse::<Token![=]>()?;
        let value = expr(content, errors).and_then(|value| goes_on(value, content, errors))?;
        if !content.peek(Token![;]) {
            errors.slip(here(content, messages::MISSING_SEMICOLON));
        } else {
            content.parse::<Token![;]>()?;
        }
        if outer.absent {
            errors.nets.truncate(nets);
        } else {
            body.statements.push(Statement::Let(Let { pattern, value }));
        }
        return Ok(());
    }
    if outer.absent || outer.none("").is_err() {
        errors.push(syn::Error::new(at, messages::FLOW_ATTRIBUTE));
    }
    slips::statement(content, errors)?;
    let result = expr(content, errors).and_then(|result| goes_on(result, content, errors))?;
    if content.peek(Token![=]) {
        return Err(here(content, messages::BIND));
    }
    if content.peek(Token![;]) {
        let semicolon = content.span();
        content.parse::<Token![;]>()?;
        if !content.is_empty() {
            errors.push(syn::Error::new(result.span, messages::LOOSE_FLOW));
            return Ok(());
        }
        errors.slip(syn::Error::new(semicolon, messages::RESULT_SEMICOLON));
    }
    body.result = Some(result);
    Ok(())
}

/// `x -> Relu; -> Dense(4)` is one flow with a `;` too many, and `x -> Relu, Dense(4)` one with a `,` for a `->`.
fn goes_on(mut flow: Expr, content: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    while let Some(stages) = slips::comma(&flow, content, errors)? {
        let span = flow.span;
        flow = Expr { kind: ExprKind::Flow(Box::new(flow), stages), span };
    }
    while content.peek(Token![;]) && content.peek2(Token![->]) {
        errors.slip(here(content, messages::GOES_ON));
        content.parse::<Token![;]>()?;
        let start = content.fork();
        content.parse::<Token![->]>()?;
        let stages = stage::chain(content, errors)?;
        after_stages(&start, content, errors)?;
        let span = flow.span;
        flow = Expr { kind: ExprKind::Flow(Box::new(flow), stages), span };
    }
    Ok(flow)
}

fn pattern(input: ParseStream<'_>) -> Result<Pattern> {
    if input.peek(Token![_]) {
        let span = input.span();
        input.parse::<Token![_]>()?;
        return Ok(Pattern::Wild(span));
    }
    if input.peek(token::Paren) {
        let content;
        let span = parenthesized!(content in input).span.join();
        let mut parts = Vec::new();
        while !content.is_empty() {
            parts.push(pattern(&content)?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        return Ok(Pattern::Tuple(parts, span));
    }
    if ["self", "Self", "super", "crate"]
        .into_iter()
        .any(|word| input.fork().call(Ident::parse_any).is_ok_and(|name| name == word))
    {
        return Err(here(input, messages::NAME_RESERVED));
    }
    input.parse().map(Pattern::Name).map_err(|_| here(input, messages::PATTERN))
}

/// A flow, stages included; what may not follow a stage is reported.
pub fn expr(input: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    let start = input.fork();
    let source = comparison(input, errors)?;
    let span = source.span;
    if !input.peek(Token![->]) {
        if input.peek(Token![.]) {
            return Err(slips::method(&start, input));
        }
        if input.peek(Token![=>]) || input.peek(Token![|]) {
            return Err(here(input, messages::ARROW));
        }
        if input.peek(Token![%]) {
            return Err(here(input, messages::VALUE_OPERATOR));
        }
        return Ok(source);
    }
    input.parse::<Token![->]>()?;
    let stages = stage::chain(input, errors)?;
    after_stages(&start, input, errors)?;
    Ok(Expr { kind: ExprKind::Flow(Box::new(source), stages), span })
}

/// After a stage only `->`, `as`, `;`, `,` or a closing bracket may follow.
fn after_stages(start: ParseStream<'_>, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
    if input.is_empty() || input.peek(Token![;]) || input.peek(Token![,]) || input.peek(Token![let]) {
        return Ok(());
    }
    let operator = ['+', '-', '*', '/', '<', '>'].into_iter().find(|c| {
        let fork = input.fork();
        fork.parse::<proc_macro2::Punct>().is_ok_and(|p| p.as_char() == *c)
    });
    let Some(operator) = operator else {
        if input.peek(token::Bracket) {
            return Err(here(input, messages::INDEX));
        }
        if input.peek(Token![.]) {
            return Err(slips::method(start, input));
        }
        let wrong_arrow = input.peek(Token![=>]) || input.peek(Token![|]);
        return Err(here(input, if wrong_arrow { messages::ARROW } else { messages::AFTER_STAGE }));
    };
    let left = recover::text(start, input);
    let at = input.span();
    input.parse::<proc_macro2::Punct>()?;
    let from = input.fork();
    // What stands right of it is read only to be shown; the flow itself is already wrong.
    let right = operand(input, errors).map(|_| recover::text(&from, input)).unwrap_or_else(|_| "y".to_owned());
    Err(syn::Error::new(at, messages::sum_after_stage(&left, operator, &right)))
}

/// `a > b`: a mask of ones and zeros.
fn comparison(input: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    let compared = |input: ParseStream<'_>| match () {
        () if input.peek(Token![<=]) => Some(BinaryOp::LessEqual),
        () if input.peek(Token![>=]) => Some(BinaryOp::GreaterEqual),
        () if input.peek(Token![<]) && !input.peek(Token![<<]) => Some(BinaryOp::Less),
        () if input.peek(Token![>]) && !input.peek(Token![>>]) => Some(BinaryOp::Greater),
        () => None,
    };
    let left = sum(input, errors)?;
    let Some(op) = compared(input) else { return Ok(left) };
    let at = input.span();
    for _ in 0..op.symbol().len() {
        input.parse::<proc_macro2::Punct>()?;
    }
    let right = sum(input, errors)?;
    if compared(input).is_some() {
        return Err(here(input, messages::COMPARED_TWICE));
    }
    binary(left, op, at, right)
}

fn sum(input: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    let mut left = product(input, errors)?;
    loop {
        let op = if input.peek(Token![+]) {
            BinaryOp::Add
        } else if input.peek(Token![-]) && !input.peek(Token![->]) {
            BinaryOp::Sub
        } else {
            return Ok(left);
        };
        let at = input.span();
        input.parse::<proc_macro2::Punct>()?;
        let right = product(input, errors)?;
        left = binary(left, op, at, right)?;
    }
}

fn product(input: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    let mut left = operand(input, errors)?;
    loop {
        let op = if input.peek(Token![*]) {
            BinaryOp::Mul
        } else if input.peek(Token![/]) {
            BinaryOp::Div
        } else {
            return Ok(left);
        };
        let at = input.span();
        input.parse::<proc_macro2::Punct>()?;
        let right = operand(input, errors)?;
        left = binary(left, op, at, right)?;
    }
}

fn binary(left: Expr, op: BinaryOp, at: Span, right: Expr) -> Result<Expr> {
    for side in [&left, &right] {
        if matches!(side.kind, ExprKind::If(_)) {
            return Err(syn::Error::new(side.span, messages::IF_OPERAND));
        }
    }
    let span = left.span;
    Ok(Expr { kind: ExprKind::Binary(Box::new(left), op, at, Box::new(right)), span })
}

fn operand(input: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    let span = input.span();
    let make = |kind| Ok(Expr { kind, span });
    if input.peek(Token![if]) {
        return make(ExprKind::If(Box::new(conditional(input, errors)?)));
    }
    // First: what a macro hands in as `-1` is a literal too.
    if input.peek(Token![-]) && !input.peek(Token![->]) {
        return negative(input, errors);
    }
    if input.peek(syn::LitInt) || input.peek(syn::LitFloat) {
        return make(ExprKind::Number(literal(input)?));
    }
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        let value = operand_of(&content, errors);
        recover::drain(&content);
        let value = value?;
        return if matches!(value.kind, ExprKind::Tuple(_)) { make(value.kind) } else { Ok(value) };
    }
    if input.peek(syn::Lit) {
        return Err(match input.peek(syn::LitBool) {
            true => here(input, messages::LABEL_LITERAL),
            false => here(input, messages::STRING),
        });
    }
    if !input.peek(Ident::peek_any) || input.peek(Token![let]) {
        return Err(here(input, messages::FLOW));
    }
    if slips::peek_applied(input) {
        return slips::applied(input, errors);
    }
    let name = input.call(Ident::parse_any)?;
    let name = stage::without_module(name, input, errors)?;
    if input.peek(token::Bracket) {
        return Err(here(input, messages::INDEX));
    }
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        let call = call(name, &content, errors);
        recover::drain(&content);
        return make(ExprKind::Call(call?));
    }
    make(ExprKind::Value(name))
}

/// What stands between the parentheses of `Dense(10)(x)`.
pub fn operand_of(content: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    let span = content.span();
    let (mut elements, comma) = elements(content, errors)?;
    let plain = elements.len() == 1 && !comma && elements[0].name.is_none() && elements[0].splice.is_none();
    if plain { Ok(elements.remove(0).value) } else { Ok(Expr { kind: ExprKind::Tuple(elements), span }) }
}

/// A negative literal, or `-x`, which is `-1 * x`.
fn negative(input: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    let span = input.span();
    let minus = |inner: Term| Term { kind: TermKind::Unary(UnaryOp::Neg, Box::new(inner)), span };
    input.parse::<Token![-]>()?;
    if input.peek(syn::LitInt) || input.peek(syn::LitFloat) {
        return Ok(Expr { kind: ExprKind::Number(minus(literal(input)?)), span });
    }
    // Two signs mean nothing, and thousands would use up the stack.
    if input.peek(Token![-]) {
        return Err(here(input, messages::FLOW));
    }
    let one = minus(Term { kind: TermKind::Int(1), span });
    let value = operand(input, errors)?;
    binary(Expr { kind: ExprKind::Number(one), span }, BinaryOp::Mul, span, value)
}

/// A literal alone: what follows it (`0.5 * x`) belongs to the flow.
fn literal(input: ParseStream<'_>) -> Result<Term> {
    if input.peek(syn::LitInt) || input.peek(syn::LitFloat) {
        return term::literal_term(input);
    }
    Err(here(input, messages::FLOW))
}

/// `a, name: b, ..c`, and whether a comma stood behind the last.
fn elements(content: ParseStream<'_>, errors: &mut Errors) -> Result<(Vec<Element>, bool)> {
    let mut elements = Vec::new();
    let mut comma = false;
    let mut absent = false;
    while !content.is_empty() {
        let nets = errors.nets.len();
        let outer = attributes::outer(content)?;
        outer.none(messages::ELEMENT_ATTRIBUTE)?;
        let element = element(content, errors)?;
        if outer.absent {
            absent = true;
            errors.nets.truncate(nets);
        } else {
            elements.push(element);
        }
        comma = content.peek(Token![,]);
        if comma {
            content.parse::<Token![,]>()?;
        } else if !content.is_empty() {
            return Err(here(content, messages::TUPLE));
        }
    }
    if elements.is_empty() {
        return Err(here(content, messages::FLOW));
    }
    // What is left alone is a flow in parentheses, as if nothing else had stood there.
    Ok((elements, comma && !absent))
}

fn element(content: ParseStream<'_>, errors: &mut Errors) -> Result<Element> {
    let splice = content.peek(Token![..]).then(|| content.span());
    if splice.is_some() {
        content.parse::<Token![..]>()?;
    }
    if splice.is_some() && stage::peek_label(content) {
        return Err(here(content, messages::SPLICE_NAME));
    }
    let name = if stage::peek_label(content) { Some(stage::label(content)?) } else { None };
    Ok(Element { name, splice, value: expr(content, errors)? })
}

/// `concat(a, b, axis = time)`: numbers, lists and named arguments are terms, the rest are values.
fn call(name: Ident, content: ParseStream<'_>, errors: &mut Errors) -> Result<Call> {
    let mut call = Call { name, values: Vec::new(), args: Vec::new() };
    while !content.is_empty() {
        let named = content.peek(Ident::peek_any) && content.peek2(Token![=]) && !content.peek2(Token![==]);
        let number = content.peek(token::Bracket) || peek_numbers(content);
        if named || number {
            call.args.push(term::arg(content, errors)?);
        } else {
            call.values.push(element(content, errors)?);
        }
        if !content.is_empty() {
            content.parse::<Token![,]>().map_err(|_| here(content, messages::COMMA))?;
        }
    }
    Ok(call)
}

/// `2`, `-1`, `(2, 3)`: a number alone, or several in parentheses.
fn peek_numbers(content: ParseStream<'_>) -> bool {
    let fork = content.fork();
    let is_number = |token: &TokenTree| match token {
        TokenTree::Literal(literal) => literal.to_string().starts_with(|c: char| c.is_ascii_digit()),
        TokenTree::Punct(punct) => matches!(punct.as_char(), '-' | ','),
        _ => false,
    };
    let several = |group: &proc_macro2::Group| {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
        tokens.iter().all(is_number) && tokens.iter().any(comma)
    };
    let read = match fork.parse::<TokenTree>() {
        Ok(TokenTree::Group(group)) => group.delimiter() == proc_macro2::Delimiter::Parenthesis && several(&group),
        Ok(TokenTree::Punct(punct)) if punct.as_char() == '-' => fork.parse().is_ok_and(|token: TokenTree| is_number(&token)),
        Ok(token @ TokenTree::Literal(_)) => is_number(&token),
        _ => false,
    };
    read && (fork.is_empty() || fork.peek(Token![,]))
}

/// `if c { body } else { body }`
fn conditional(input: ParseStream<'_>, errors: &mut Errors) -> Result<If> {
    input.parse::<Token![if]>()?;
    let condition = term::number(input)?;
    let then = body(input, errors)?;
    let mut otherwise = None;
    if input.peek(Token![else]) {
        input.parse::<Token![else]>()?;
        otherwise = Some(if input.peek(Token![if]) {
            let span = input.span();
            let inner = conditional(input, errors)?;
            let result = Expr { kind: ExprKind::If(Box::new(inner)), span };
            Body { statements: Vec::new(), result: Some(result), span }
        } else {
            body(input, errors)?
        });
    }
    Ok(If { condition, then, otherwise })
}

/// The parser of the item that begins here.
pub type ReadItem = fn(ParseStream<'_>, &mut Errors) -> Result<Option<Item>>;
